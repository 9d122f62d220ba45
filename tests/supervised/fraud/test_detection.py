"""Figures of scores against hand-computed ones."""

import numpy as np
import pytest

from supervised.fraud import comparison, detection

LABELS = np.array([0, 1, 0, 0, 1, 0])
SCORE = np.array([0.1, 0.9, 0.8, 0.2, 0.7, 0.3])
"""By score: fraud, genuine, fraud, then the other three."""


def test_figures_by_hand():
    found = detection.measure(LABELS, SCORE, SCORE >= 0.75)
    # Of 2 x 4 pairs one is in the wrong order.
    assert found["roc_auc"] == pytest.approx(7 / 8)
    assert found["average_precision"] == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert (found["precision"], found["recall"], found["f1"]) == (0.5, 0.5, 0.5)
    assert found["recall_at_100"] == 1.0
    assert found["recall_at_frauds"] == 0.5
    assert found["recall_at_top_permille"] == 0.5


def test_the_first_looked_at():
    """2,000 payments, of which a thousandth are 2; 150 frauds in the places 1, 3, 5 to 299."""
    labels = np.zeros(2_000, int)
    labels[:300:2] = 1
    found = detection.measure(labels, -np.arange(2_000.0), labels == 1)
    assert found["recall_at_top_permille"] == pytest.approx(1 / 150)
    assert found["recall_at_100"] == pytest.approx(50 / 150)
    assert found["recall_at_frauds"] == pytest.approx(75 / 150)
    assert found["precision"] == found["recall"] == 1.0


def test_nothing_flagged_has_precision_0():
    found = detection.measure(LABELS, SCORE, np.zeros(6, bool))
    assert (found["precision"], found["recall"], found["f1"]) == (0.0, 0.0, 0.0)


def test_found_by_rank():
    found = detection.found_by(LABELS, SCORE)
    np.testing.assert_allclose(found, [0.5, 0.5, 1, 1, 1, 1])


def test_the_threshold_has_the_largest_f1():
    """From 0.9 on F1 is 2/3, from 0.8 on 1/2, from 0.7 on 4/5, from 0.3 on 2/3."""
    assert detection.best_threshold(LABELS, SCORE) == 0.7
    single = SCORE.astype(np.float32)
    flagged = single >= detection.best_threshold(LABELS, single)
    assert flagged.tolist() == [False, True, True, False, True, False]


def test_a_gain_by_hand():
    """Frauds are above 4/4 and 3/4 of the genuine, then above 1/4 and 3/4.

    Differences: of frauds 3/4 and 0; of the genuine (above them: 2/2, 1/2, 2/2, 2/2, then 2/2, 1/2,
    1/2, 0/2) 0, 0, 1/2 and 1.
    """
    theirs = np.array([0.1, 0.25, 0.6, 0.3, 0.7, 0.9])
    difference, z = detection.gain(LABELS, SCORE, theirs)
    assert difference == pytest.approx(3 / 8)
    variance = (9 / 32) / 2 + np.var([0, 0, 0.5, 1], ddof=1) / 4
    assert z == pytest.approx(3 / 8 / variance**0.5)
    assert detection.gain(LABELS, theirs, SCORE) == (-difference, -z)


def test_equal_rankings_have_no_gain():
    assert detection.gain(LABELS, SCORE, SCORE * 2) == (0.0, 0.0)
    assert detection.gain(LABELS, np.ones(6), np.zeros(6)) == (0.0, 0.0)


def test_a_gain_agrees_with_the_areas():
    rng = np.random.default_rng(0)
    labels = (rng.random(400) < 0.1).astype(int)
    ours, theirs = (labels + rng.normal(0, s, 400) for s in (0.4, 3.0))
    areas = [detection.measure(labels, s, s > 0)["roc_auc"] for s in (ours, theirs)]
    difference, z = detection.gain(labels, ours, theirs)
    assert difference == pytest.approx(areas[0] - areas[1])
    assert z > 3


@pytest.mark.parametrize(
    ("noise", "verdict"),
    [((0.3, 3), "beats"), ((3, 0.3), "is beaten by"), ((1, 1), "does not clearly beat")],
)
def test_verdicts(noise, verdict):
    rng = np.random.default_rng(1)
    labels = (np.arange(400) < 60).astype(int)
    ours, theirs = (labels + rng.normal(0, s, 400) for s in noise)
    said = detection.compared(("this", "that"), labels, ours, theirs)
    assert said.startswith(f"this {verdict} that: ROC-AUC 0.")


def test_the_book_s_threshold():
    """Above 10: two payments, one a fraud, of two frauds."""
    score = np.array([1.0, 11.0, 10.5, 10.0, 2.0, 3.0])
    assert comparison.at_book_threshold(LABELS, score) == {
        "precision_above_10": 0.5,
        "recall_above_10": 0.5,
    }
    assert comparison.at_book_threshold(LABELS, SCORE)["precision_above_10"] == 0.0
