import numpy as np
import pytest

from agents.schedules import EpsilonSchedule, LearningRateSchedule, WeightAverage


def test_linear_by_hand():
    schedule = EpsilonSchedule(start=1.0, end=0.2, decay_steps=100)
    np.testing.assert_allclose(schedule([0, 25, 50, 100, 1_000]), [1.0, 0.8, 0.6, 0.2, 0.2])


def test_exponential_is_the_books_formula():
    schedule = EpsilonSchedule(shape="exponential", start=1.0, end=0.01, decay_steps=10_000)
    # The book's log: ε 0.9993 after the first episode's 7 steps.
    assert float(schedule(7)) == pytest.approx(0.9993, abs=5e-5)
    assert float(schedule(17_374)) == pytest.approx(0.01 + 0.99 * np.exp(-1.7374))


@pytest.mark.parametrize("wrong", [{"start": 1.5}, {"end": -0.1}, {"decay_steps": 0}])
def test_impossible_settings_are_named(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong)).replace("_", "-")):
        EpsilonSchedule(**wrong)


def test_learning_rates_by_hand():
    updates = [0, 25, 50, 100, 300]
    constant = LearningRateSchedule()
    assert constant(updates, 100).tolist() == [1, 1, 1, 1, 1]
    linear = LearningRateSchedule(shape="linear", end=0.2)
    np.testing.assert_allclose(linear(updates, 100), [1.0, 0.8, 0.6, 0.2, 0.2])
    cosine = LearningRateSchedule(shape="cosine")
    half = 0.5**0.5 / 2  # of the cosine of 45 degrees
    np.testing.assert_allclose(cosine(updates, 100), [1, 0.5 + half, 0.5, 0, 0], atol=1e-12)


def test_a_warm_up_rises_along_a_line_and_the_fall_begins_behind_it():
    warm = LearningRateSchedule(shape="linear", warm_up=0.2)
    np.testing.assert_allclose(warm([0, 10, 20, 60, 100], 100), [0, 0.5, 1, 0.5, 0])
    constant = LearningRateSchedule(warm_up=0.5)
    np.testing.assert_allclose(constant([0, 1, 2, 4], 4), [0, 0.5, 1, 1])


def test_a_budget_without_updates_has_a_rate_all_the_same():
    assert LearningRateSchedule(shape="linear")([0], 0).tolist() == [1.0]


def test_an_average_reaches_back_a_ninth_at_first_and_its_decay_later():
    shares = WeightAverage(decay=0.99).shares([0, 8, 890, 10_000])
    np.testing.assert_allclose(shares, [0.9, 0.5, 0.01, 0.01])


@pytest.mark.parametrize(
    ("kind", "flag", "wrong"),
    [
        (LearningRateSchedule, "--agent.learning-rate-schedule.end", {"end": 1.5}),
        (LearningRateSchedule, "--agent.learning-rate-schedule.warm-up", {"warm_up": 1.0}),
        (WeightAverage, "--agent.average.decay", {"decay": 1.0}),
        (WeightAverage, "--agent.average.acts", {"acts": True}),
    ],
)
def test_impossible_schedules_are_named(kind, flag, wrong):
    with pytest.raises(ValueError, match=flag):
        kind(**wrong)


def test_the_books_epsilon_falls_with_episodes():
    """1 / (i / 50 + 10) in episode i, of each environment by itself."""
    schedule = EpsilonSchedule(
        shape="harmonic", counts="episodes", start=0.1, end=0.0, decay_steps=500
    )
    episodes = np.array([[0, 500], [6_000, 50]])  # [T, B]
    expected = [[1 / 10, 1 / 20], [1 / 130, 1 / 11]]
    np.testing.assert_allclose(schedule.ladder(episodes, np.arange(2)), expected)
