"""What `tune --space` takes, and which trials it ends early."""

import json

import pytest

from common.errors import UsageError
from launch.cli import main
from launch.experiments import catalog
from launch.experiments.spaces import Choice, Layers, Range, lines, values
from launch.run_folder import result
from launch.scheduler.run import Run
from launch.tuning import space
from launch.tuning.pruning import is_hopeless
from tests.launch.searches import end, make_search

DQN = catalog.get("dqn_cartpole").config
TINY = ("--workers", "0", "--env-steps", "2048", "--num-envs", "16")


@pytest.mark.parametrize(
    ("word", "path", "axis"),
    [
        (
            "agent.learning_rate=1e-4:1e-2:log",
            "agent.learning_rate",
            Range(low=1e-4, high=1e-2, log=True),
        ),
        ("--agent.batch-size=32,64", "agent.batch_size", Choice(values=(32, 64))),
        ("agent.n_step=1:5", "agent.n_step", Range(low=1, high=5, whole=True)),
        ("agent.double=true,no", "agent.double", Choice(values=(True, False))),
        ("agent.target=hard,polyak", "agent.target", Choice(values=("hard", "polyak"))),
        (
            "agent.hidden_sizes=64 64, 256",
            "agent.hidden_sizes",
            Choice(values=("64 64", "256")),
        ),
        (
            "agent.hidden_sizes=1:3x32:256:log",
            "agent.hidden_sizes",
            Layers(
                layers=Range(low=1, high=3, whole=True),
                units=Range(low=32, high=256, log=True, whole=True),
            ),
        ),
        ("env.reward-scale=0.1:1", "transforms.reward_scale", Range(low=0.1, high=1)),
        ("num-envs=8,16", "num_envs", Choice(values=(8, 16))),
    ],
)
def test_a_space_as_a_user_writes_it(word, path, axis):
    assert space.parse([word], DQN) == {path: axis}


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("agent.learnin_rate=1:2", "no such setting; did you mean agent.learning-rate?"),
        ("agent.learning_rate", "expected NAME=LOW:HIGH"),
        ("agent.learning_rate=2:1", "expected the lower end first"),
        ("agent.learning_rate=0:1:log", "expected a lower end above 0 with :log"),
        ("agent.batch_size=32,a", "expected numbers"),
        ("agent.batch_size=32,0.5", "expected whole numbers"),
        ("agent.double=maybe", "expected true,false"),
        ("agent.hidden_sizes=64:256", "LAYERSxUNITS"),
        ("seed=0,1", "is no setting of what learns"),
        ("workers=0,1", "is no setting of what learns"),
    ],
)
def test_what_is_wrong_with_a_space_is_one_line(word, says):
    with pytest.raises(UsageError) as error:
        space.parse([word], DQN)
    assert says in str(error.value)


def test_layers_are_two_numbers_and_one_setting():
    (axis,) = space.parse(["agent.hidden_sizes=1:3x32:256"], DQN).values()
    assert list(lines({"agent.hidden_sizes": axis})) == [
        "agent.hidden_sizes/layers",
        "agent.hidden_sizes/units",
    ]
    params = {"agent.hidden_sizes/layers": 3, "agent.hidden_sizes/units": 48, "lag": 0}
    assert values(params) == {"agent.hidden_sizes": "48 48 48", "lag": 0}
    assert space.flags_of(params) == ["--agent.hidden-sizes", "48", "48", "48", "--lag", "0"]


@pytest.mark.parametrize(
    ("experiment", "settings"),
    [
        ("dqn_lunarlander", {"learning_rate", "batch_size", "hidden_sizes", "target_polyak"}),
        ("dqn_cartpole_book", {"learning_rate", "batch_size", "hidden_sizes"}),
        ("pqn_cartpole", {"learning_rate", "hidden_sizes"}),
        ("q_frozenlake", {"learning_rate", "initial_value", "epsilon.end"}),
        ("qnet_frozenlake", {"learning_rate", "epsilon.end"}),
        ("random_cartpole", set()),
        ("plan_taxi", set()),
    ],
)
def test_each_kind_of_agent_has_a_space(experiment, settings):
    found = space.suggested(catalog.get(experiment).config)
    assert set(found) == {f"agent.{name}" for name in settings}


def test_a_value_that_cannot_be_is_refused_before_anything_runs(tmp_path):
    with pytest.raises(UsageError, match="must be positive, got -1"):
        make_search(tmp_path, "tpe", 3, experiment="dqn_cartpole", words=["agent.batch_size=-1,3"])


def test_hopeless_is_below_the_median_over_the_same_seeds_by_hand():
    others = [[1.0, 9.0], [2.0, 0.0], [3.0], [4.0]]
    assert is_hopeless([2.4], others, minimise=False)  # the median of 1, 2, 3 and 4 is 2.5
    assert not is_hopeless([2.5], others, minimise=False)
    assert is_hopeless([2.6], others, minimise=True)
    assert not is_hopeless([0.0], others[:3], minimise=False)  # too few to tell
    assert not is_hopeless([0.0, 0.0], others, minimise=False)  # two have two seeds


_TRIALS = 9


def _made(folder, at_once: int) -> tuple[list[list[str]], list[str]]:
    """Runs of a search whose scores follow from rate and seed; the newest ends first."""
    changes = {"experiment": "dqn_cartpole", "trial_seeds": 3, "lag": 1}
    search = make_search(folder, "random", _TRIALS, **changes)
    supply, under_way, begun = search.supply(), [], []
    while True:
        run = next(supply, "over") if len(under_way) < at_once else None
        if isinstance(run, Run):
            under_way.append(run)
            begun.append(list(run.arguments))
        elif under_way:
            ended = under_way.pop()
            rate = ended.config.agent.learning_rate
            end(search, ended, 1_000 * rate + ended.config.seed % 7)
        else:
            return begun, [trial.state.name for trial in search.scored()]


def test_early_ends_do_not_depend_on_how_many_run_at_once(tmp_path):
    one, ends = _made(tmp_path / "1", 1)
    two, same = _made(tmp_path / "2", 2)
    assert sorted(one) == sorted(two)
    assert ends == same
    assert set(ends) == {"COMPLETE", "PRUNED"}
    assert len(one) < _TRIALS * 3
    assert {flags[flags.index("--seed") + 1] for flags in one} == {"100", "101", "102"}


def test_tune_of_an_agent_and_its_best_config_again(tmp_path, capsys):
    study = tmp_path / "study"
    command = ["tune", "q_frozenlake", "--space", "agent.learning_rate=0.05,0.5", *TINY]
    command += ["--evaluation.final-episodes", "50", "--evaluation.every-env-steps", "1024"]
    command += ["--study", str(study), "--trials", "2", "--trial-seeds", "2", "--sampler", "grid"]
    command += ["--evaluation.episodes", "20", "--lag", "1", "--no-film"]
    assert main(command) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "mean over seeds 100-101 on a trial's own episodes" in said
    found = [result.read(folder) for folder in sorted(study.glob("trial_*/seed*"))]
    assert [each.seed for each in found] == [100, 101, 100, 101]
    assert all(each.evaluation is None and each.validation.episodes == 50 for each in found)
    best = study / "best.json"
    assert json.loads(best.read_text())["config"]["final"] is True
    assert "success_rate 0.08 in all of them, mean over seeds 100-101" in said
    assert not list(study.glob("trial_*/seed*/film.*"))  # only a run of its own is looked at
    shown = json.loads(best.read_text())["config"]
    assert (shown["film"], shown["pictures"]) == (True, True)
    for name in ("first", "again"):  # the second from the config.json of the first
        assert main(["--config", str(best), "--run-dir", str(tmp_path / name)]) == 0
        best = tmp_path / name / "config.json"
    first, again = (result.read(tmp_path / name) for name in ("first", "again"))
    assert first.fingerprint == again.fingerprint
    assert first.evaluation == again.evaluation is not None
    changed = ["--config", str(tmp_path / "first"), "--seed", "3"]
    assert main([*changed, "--run-dir", str(tmp_path / "changed")]) == 0
    assert result.read(tmp_path / "changed").seed == 3
    assert result.read(tmp_path / "changed").fingerprint != first.fingerprint


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--config"], "--config: a file is missing"),
        (["--config", "nowhere.json"], "nowhere.json: cannot be read"),
        (["tune", "q", "--seed", "3"], "trials have the seeds 100, 101, ..."),
        (["tune", "plan_taxi"], "plan_taxi has no search space of its own; give --space"),
    ],
)
def test_what_is_wrong_is_one_line(arguments, says, capsys):
    assert main(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line
