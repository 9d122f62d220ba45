"""The result of a run: one schema, documented field by field, read back as it was written."""

import json
import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from common.errors import UsageError
from launch.run_folder import result
from launch.run_folder.run_result import SupervisedRunResult, TrainingRunResult
from launch.run_folder.score_comparison import Comparison
from training.evaluation import Summary

CLAIM = Comparison(
    metric="mean_return",
    book=199.0,
    book_note="of training episodes",
    baseline=22.5,
    optimum=200.0,
    ours=200.0,
    final=150.0,
    comparable=False,
)
KEPT = Summary(
    episodes=100,
    mean_return=200.0,
    std_return=0.5,
    min_return=198.0,
    max_return=201.0,
    success_rate=None,
)
TRAINING = TrainingRunResult(
    experiment="dqn_cartpole_book",
    seed=3,
    status="finished",
    wall_seconds=12.345,
    restarts=1,
    claim=CLAIM,
    fingerprint="0f",
    env="CartPole-v0",
    env_steps=150_000,
    updates=1_200,
    episodes=800,
    dropped_episodes=0,
    training_seconds=10.0,
    steps_per_second=15_000.0,
    solved_at_env_steps=None,
    policy_from_env_steps=90_000,
    acting="greedy",
    evaluation=KEPT,
    final_evaluation=KEPT,
    training_return_last_100=180.25,
)
SUPERVISED = SupervisedRunResult(
    experiment="mlp_bank",
    seed=0,
    status="finished",
    wall_seconds=20.0,
    restarts=0,
    claim=Comparison(
        metric="accuracy",
        book=0.889,
        book_note="the majority",
        baseline=0.8875,
        optimum=None,
        ours=0.9,
        comparable=False,
    ),
    notes=("a note",),
    fingerprint="1e",
    data="real",
    data_sets={"bank": "real"},
    peak_memory_mb=800.0,
    metrics={
        "accuracy": 0.9,
        **{f"{each}_{i}": 0.5 for each in ("recall", "precision") for i in range(5)},
    },
    validation={"accuracy": 0.91},
)


@pytest.mark.parametrize("written", [TRAINING, SUPERVISED])
def test_it_is_read_as_it_was_written(tmp_path, written):
    result.write(tmp_path, written)
    assert result.read(tmp_path) == written
    values = json.loads((tmp_path / "result.json").read_text())
    assert values.keys() == {"kind", *(field.name for field in fields(written))}
    assert values["kind"] == written.KIND


def test_a_success_rate_is_there_only_where_it_applies(tmp_path):
    result.write(tmp_path, TRAINING)
    values = json.loads((tmp_path / "result.json").read_text())
    assert "success_rate" not in values["evaluation"]


def test_every_field_is_documented():
    text = (Path(__file__).parents[2] / "docs" / "run_folder.md").read_text()
    documented = set(re.findall(r"`(\w+)`", text.partition("## result.json")[2]))
    for kind in (TrainingRunResult, SupervisedRunResult, Comparison, Summary):
        assert {field.name for field in fields(kind)} <= documented


DAMAGE = {
    "": "it is cut short, or no JSON",
    '{"kind": "trai': "it is cut short, or no JSON",
    "null": "it is another kind of JSON",
    "[]": "it is another kind of JSON",
    "{}": "its kind is None",
    '{"kind": "other"}': "its kind is 'other'",
    '{"kind": ["training"]}': "its kind is ['training']",
    '{"kind": "supervised", "seed": 1}': "experiment: required field missing",
}


@pytest.mark.parametrize(("text", "why"), DAMAGE.items())
def test_what_cannot_be_read_is_said(tmp_path, text, why):
    (tmp_path / "result.json").write_text(text)
    for read in (result.read, result.status, result.refuse_finished):
        with pytest.raises(UsageError) as caught:
            read(tmp_path)
        said = f"{tmp_path / 'result.json'}: damaged, or of another version: {why}"
        assert str(caught.value) == said


def test_a_run_without_a_result_is_running(tmp_path):
    assert result.status(tmp_path) == "running"
    with pytest.raises(UsageError, match="the run has not ended: python -m launch resume"):
        result.read(tmp_path)
    result.refuse_finished(tmp_path)
    result.write(tmp_path, TRAINING)
    with pytest.raises(UsageError, match="the run has finished"):
        result.refuse_finished(tmp_path)


def test_a_training_in_words():
    assert TRAINING.in_words(Path("runs/a")) == [
        "dqn_cartpole_book, seed 3: finished after 12.3 s",
        "  env steps     150,000 (15,000 a second, evaluations not counted)",
        "  updates       1,200",
        "  policy kept   return 200 ± 0.5 (mean ± std over 100 fresh episodes, greedy),",
        "                of 90,000 env steps",
        "  last weights  return 200 ± 0.5 on the same episodes",
        "  mean_return   last 150, kept 200, optimum 200, random 22.5, book 199",
        "  fingerprint   0f",
        "  run folder    runs/a",
        "  picture       runs/a/learning_curve.png",
        "  film it       python -m launch evaluate runs/a --video film.mp4",
    ]
    assert TRAINING.in_a_line() == "mean_return 200, baseline 22.5, optimum 200, book 199"


def test_a_single_episode_is_no_episodes():
    one = replace(KEPT, episodes=1)
    told = " ".join(replace(TRAINING, evaluation=one).in_words(Path("runs/a")))
    assert "over 1 fresh episode, greedy" in told


def test_a_supervised_run_in_words():
    assert SUPERVISED.in_words(Path("runs/a")) == [
        "mlp_bank, seed 0: finished after 20.0 s",
        "  data         bank (real)",
        "  memory       800 MB at most",
        "  test data    accuracy 0.9",
        "  score        accuracy 0.9, baseline 0.8875, book 0.889",
        "  the book     not comparable: the majority",
        "  note         a note",
        "  fingerprint  1e",
        "  run folder   runs/a",
    ]
    assert SUPERVISED.in_a_line() == "accuracy 0.9, baseline 0.8875, book 0.889  real data"


def test_what_a_search_chooses_by():
    trial = replace(TRAINING, evaluation=None, final_evaluation=None, validation=KEPT)
    assert trial.search_score("mean_return") == 200.0
    assert "on a trial's own episodes" in trial.in_a_line()
    assert SUPERVISED.search_score("accuracy") == 0.91
