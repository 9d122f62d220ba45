"""Sweeps: what is run, that nothing is run twice, and that a stop changes no byte of the table."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from common.errors import RunError, UsageError
from launch.cli import main
from launch.config.training import TrainingConfig
from launch.experiments import catalog, studies
from launch.experiments.study import ahead
from launch.jobs.rl.run import TrainingRun
from launch.reports import curves
from launch.run_folder import lock
from launch.scheduler.run import Outcome
from launch.sweeps import axes
from launch.sweeps.axes import Axis
from launch.sweeps.report import Report
from launch.sweeps.sweep import folder_of
from launch.sweeps.variants import key
from tests.processes import wait_for_records

TINY = (
    *("--workers", "0", "--env-steps", "400", "--num-envs", "2", "--evaluation.final-episodes"),
    *("2", "--evaluation.every-env-steps", "200", "--out", "runs"),
)
SWEEP = ("q_cliff", "--vary", "agent.n-step=1,2", "--seeds", "0-1", *TINY)
FOLDER = Path("runs/q_cliff-sweep")
COMPARED = ("sweep.md", "sweep.json", "sweep.png")


@pytest.fixture
def executed(monkeypatch) -> list[str]:
    """The names of the runs that were executed, in their order."""
    names: list[str] = []
    execute = TrainingRun.execute

    def noted(self, display, interrupted):
        names.append(self.name)
        return execute(self, display, interrupted)

    monkeypatch.setattr(TrainingRun, "execute", noted)
    return names


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> Path:
    """A folder in which a sweep ran that nobody stopped."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        patched.setattr(curves, "learning_curve", lambda folder, claim, kept_from: folder)
        assert main(list(SWEEP)) == 0
    return folder


@pytest.fixture(scope="module")
def whole(undisturbed) -> dict[str, bytes]:
    """What that sweep wrote."""
    return _written(undisturbed)


def _written(folder: Path) -> dict[str, bytes]:
    return {name: (folder / FOLDER / name).read_bytes() for name in COMPARED}


def _rows(text: bytes) -> list[dict]:
    return json.loads(text)["rows"]


@pytest.mark.parametrize(
    ("word", "axis"),
    [
        ("agent.n_step=1,3", Axis("agent.n_step", ("1", "3"))),
        ("--agent.n-step=1", Axis("agent.n_step", ("1",))),
        ("agent.hidden-sizes=64 64, 256", Axis("agent.hidden_sizes", ("64 64", "256"))),
        ("env-kwargs=a=1 b=2", Axis("env_kwargs", ("a=1 b=2",))),
        (r"env_kwargs=map=1\,2,map=3", Axis("env_kwargs", ("map=1,2", "map=3"))),
    ],
)
def test_words_name_a_setting_and_its_values(word, axis):
    assert axes.parse([word]) == [axis]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["agent.n_step"], "expected such as agent.n-step=1,3"),
        (["agent.n_step=1", "agent.n-step=2"], "agent.n-step is named twice"),
        (["agent.n_step=1,1"], "names a value twice"),
        (["seed=1,2"], "seed cannot be varied; --seeds 0-4 runs several"),
        (["output.out=a,b"], "a sweep has one folder"),
    ],
)
def test_words_that_cannot_be_varied_are_refused(words, said):
    with pytest.raises(UsageError, match=said):
        axes.parse(words)


def test_the_product_has_every_choice_once_the_last_setting_fastest():
    found = axes.product([Axis("a", ("1", "2")), Axis("b", ("x", "y"))])
    assert [(each["a"], each["b"]) for each in found] == [
        ("1", "x"),
        ("1", "y"),
        ("2", "x"),
        ("2", "y"),
    ]


def test_settings_become_flags():
    config = catalog.get("dqn_cartpole").config
    settings = {"agent.double": "true", "agent.hidden_sizes": "64 32", "agent.n_step": "3"}
    words = ["--agent.double", "--agent.hidden-sizes", "64", "32", "--agent.n-step", "3"]
    assert axes.flags(config, settings) == words
    assert axes.flags(config, {"agent.double": "False"}) == ["--agent.no-double"]
    assert axes.flags(config, {"env.clip_rewards": "true"}) == ["--env.clip-rewards"]
    with pytest.raises(UsageError, match=r"agent\.double=1: expected true or false"):
        axes.flags(config, {"agent.double": "1"})


@pytest.mark.parametrize(
    ("vary", "said"),
    [
        ("agent.n_stepp=1", "--agent.n-stepp, 1; did you mean --agent.n-step?"),
        ("agent.n_step=x", "--agent.n-step 'x': expected a whole number"),
        ("agent.learning_rate=-1", "--agent.learning-rate must be"),
    ],
)
def test_wrong_names_and_values_are_said_as_those_of_flags(vary, said, capsys, tmp_path):
    assert main(["q_cliff", "--vary", vary, "--out", str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert list(tmp_path.iterdir()) == []


def test_folders_are_named_by_what_is_run():
    assert folder_of(Path("runs"), ["q_cliff"]) == FOLDER
    assert folder_of(Path("runs"), ["a", "module:B"]) == Path("runs/a+module.B-sweep")


def test_a_sweep_ends_with_a_row_for_each_variant(whole):
    first, second = _rows(whole["sweep.json"])
    assert [first["variant"], second["variant"]] == ["agent.n_step=1", "agent.n_step=2"]
    assert first["varied"] == {"agent.n_step": "1"}
    assert (first["runs"], first["finished"], first["seeds"]) == (2, 2, [0, 1])
    assert len({*first["fingerprints"], *second["fingerprints"]}) == 4
    assert first["final"] == pytest.approx(sum(first["final_values"]) / 2)
    assert whole["sweep.png"].startswith(b"\x89PNG")
    assert b"| agent.n_step=2 |" in whole["sweep.md"]
    assert b"seconds" not in b"".join(whole.values())
    runs = json.loads(whole["sweep.json"])["runs"]
    assert [run["folder"] for run in runs] == [
        f"agent.n_step={n}/seed{seed}" for n in (1, 2) for seed in (0, 1)
    ]


def test_the_same_command_again_runs_nothing_and_more_seeds_only_those(
    undisturbed, tmp_path, monkeypatch, executed, capsys
):
    shutil.copytree(undisturbed / "runs", tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    assert main(list(SWEEP)) == 0
    assert executed == []
    assert "4 of 4 runs are finished, and not run again" in capsys.readouterr().err
    assert _written(tmp_path) == _written(undisturbed)
    assert main([*SWEEP, "--seeds", "0-2", "--json"]) == 0
    assert executed == ["agent.n_step=1 seed 2", "agent.n_step=2 seed 2"]
    assert [row["seeds"] for row in json.loads(capsys.readouterr().out)] == [[0, 1, 2]] * 2


@pytest.mark.parametrize(
    ("flags", "differs"),
    [
        (["--seeds", "0"], "--seeds 1 there, and not here; give"),
        (["--vary", "agent.n-step=1"], ": agent.n_step=2 there, and not here; give"),
        (["--agent.discount", "0.9"], "--agent.discount is 1.0 there and 0.9 here; give"),
        (["--env-steps", "800"], "--env-steps is 400 there and 800 here; give another --out"),
    ],
)
def test_another_sweep_does_not_take_the_place_of_a_table(
    flags, differs, undisturbed, monkeypatch, executed, capsys
):
    monkeypatch.chdir(undisturbed)
    before = _written(undisturbed)
    assert main([*SWEEP, *flags]) == 2
    assert differs in capsys.readouterr().err
    assert executed == []
    assert _written(undisturbed) == before


def test_runs_of_other_settings_without_a_table_stay_where_they_are(
    undisturbed, tmp_path, monkeypatch, executed
):
    shutil.copytree(undisturbed / "runs", tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    (FOLDER / "sweep.json").unlink()
    other = ["--vary", "agent.n-step=1", "--seeds", "0", "--agent.discount", "0.9"]
    assert main(["q_cliff", *other, *TINY]) == 0
    assert executed == ["agent.n_step=1 seed 0"]
    assert (FOLDER / "agent.n_step=1" / "seed0-2" / "result.json").exists()


def test_a_sweep_is_found_again_where_its_folder_was_moved(
    undisturbed, tmp_path, monkeypatch, executed
):
    shutil.copytree(undisturbed / "runs", tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path)
    assert main([*SWEEP, "--out", "elsewhere"]) == 0
    assert executed == []
    written = (tmp_path / "elsewhere" / FOLDER.name / "sweep.md").read_bytes()
    assert written == _written(undisturbed)["sweep.md"]


def test_variants_that_come_to_the_same_settings_are_run_once(
    tmp_path, monkeypatch, executed, capsys
):
    monkeypatch.chdir(tmp_path)
    vary = ["--vary", "agent.target=q_learning,sarsa"]
    assert main(["q_cliff", "sarsa_cliff", *vary, *TINY]) == 0
    assert executed == [
        "q_cliff agent.target=q_learning seed 0",
        "q_cliff agent.target=sarsa seed 0",
    ]
    said = capsys.readouterr().err
    assert (
        "sarsa_cliff agent.target=sarsa: the same settings as q_cliff agent.target=sarsa, run once"
        in said
    )


@pytest.mark.parametrize("flag", ["--init-from", "--data"])
def test_what_runs_start_from_or_learn_from_is_part_of_what_they_are(
    flag, tmp_path, monkeypatch, executed, capsys
):
    monkeypatch.chdir(tmp_path)
    sources = []
    for seed in ("0", "1"):
        run, recording = Path("source") / seed, Path("recorded") / seed
        assert main(["q_cliff", *TINY, "--seed", seed, "--run-dir", str(run)]) == 0
        if flag == "--data":
            record = ["record", str(run), "--env-steps", "50", "--random"]
            assert main([*record, "--seed", seed, "--out", str(recording)]) == 0
        sources.append(str(recording if flag == "--data" else run))
    executed.clear()
    varied = ["q_cliff", "--vary", f"{flag[2:]}={','.join(sources)}", *TINY]
    names = [f"{flag[2:].replace('-', '_')}={source} seed 0" for source in sources]
    for runs in (names, []):  # the same command again makes none of them again
        executed.clear()
        assert main(varied) == 0
        assert executed == runs
    assert "run once" not in capsys.readouterr().err
    shared = ["q_cliff", flag, sources[0], "--vary", "agent.n_step=1,2", *TINY]
    shared += ["--out", "shared"]
    for runs in (["agent.n_step=1 seed 0", "agent.n_step=2 seed 0"], []):
        executed.clear()
        assert main(shared) == 0
        assert executed == runs
    Path("shared/q_cliff-sweep/sweep.json").unlink()  # as if it was killed after the first run
    shutil.rmtree("shared/q_cliff-sweep/agent.n_step=2")
    assert main(shared) == 0
    assert executed == ["agent.n_step=2 seed 0"]


def test_two_processes_do_not_make_one_sweep(tmp_path, monkeypatch, executed, capsys):
    monkeypatch.chdir(tmp_path)
    FOLDER.mkdir(parents=True)
    with lock.held(FOLDER):
        assert main(list(SWEEP)) == 2
    assert f"{FOLDER}: process {os.getpid()} on " in capsys.readouterr().err
    assert executed == []
    assert [path.name for path in FOLDER.iterdir()] == [".lock"]
    monkeypatch.chdir("runs")
    assert main([*SWEEP, "--out", f"{FOLDER.name}/.lock"]) == 2
    assert "--out q_cliff-sweep/.lock/q_cliff-sweep: cannot be" in capsys.readouterr().err


def _failing(monkeypatch, errors: list[Exception]) -> list[str]:
    """Has the run of n_step 2 and seed 0 come to these ends first; gives the names of its tries."""
    execute, tries = TrainingRun.execute, []

    def failing(self, display, interrupted):
        if "n_step=2 seed 0" not in self.name:
            return execute(self, display, interrupted)
        tries.append(self.name)
        if errors:
            return Outcome(run=self, folder=None, error=errors.pop(0))
        return execute(self, display, interrupted)

    monkeypatch.setattr(TrainingRun, "execute", failing)
    return tries


def test_a_run_that_failed_is_tried_once_more(whole, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tries = _failing(monkeypatch, [RunError("lost")])
    assert main(list(SWEEP)) == 0
    assert tries == ["agent.n_step=2 seed 0", "agent.n_step=2 seed 0, try 2"]
    assert _written(tmp_path) == whole


def test_a_run_that_fails_again_is_reported_and_the_rest_goes_on(
    whole, tmp_path, monkeypatch, capsys, caplog
):
    monkeypatch.chdir(tmp_path)
    _failing(monkeypatch, [RunError("lost"), RunError("lost again")])
    assert main(list(SWEEP)) == 1
    assert "agent.n_step=2 seed 0 failed: lost again" in caplog.text
    assert "1 of 4 runs failed; the same command tries them again" in capsys.readouterr().err
    rows = _rows(_written(tmp_path)["sweep.json"])
    assert [(row["finished"], row["runs"]) for row in rows] == [(2, 2), (1, 2)]
    assert main(list(SWEEP)) == 0
    assert _written(tmp_path) == whole


def test_a_run_that_was_asked_wrongly_is_not_tried_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tries = _failing(monkeypatch, [UsageError("no such thing")] * 2)
    assert main(list(SWEEP)) == 2
    assert len(tries) == 1


@pytest.mark.slow
def test_a_sweep_that_is_killed_in_a_run_goes_on_to_the_same_bytes(tmp_path, monkeypatch):
    flags = ["--env-steps", "16000", "--evaluation.every-env-steps", "8000"]
    flags += ["--checkpoint.every-seconds", "0.2"]
    command = [sys.executable, "-m", "launch", *SWEEP, *flags]
    for name in ("whole", "killed"):
        (tmp_path / name).mkdir()
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run(command, cwd=tmp_path / "whole", env=environment, check=True)
    killed = subprocess.Popen(command, cwd=tmp_path / "killed", env=environment)
    third = tmp_path / "killed" / FOLDER / "agent.n_step=2" / "seed0"
    wait_for_records(third, 200)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not (third / "result.json").exists()
    monkeypatch.chdir(tmp_path / "killed")
    assert main([*SWEEP, *flags]) == 0
    assert _written(tmp_path / "killed") == _written(tmp_path / "whole")


@pytest.mark.parametrize("flag", [["--json"], ["--retries", "3"], ["--retries=1"]])
def test_what_only_sweeps_heed_is_refused_elsewhere(flag, undisturbed, capsys):
    run = undisturbed / FOLDER / "agent.n_step=1" / "seed0"
    for command in (["q_cliff"], ["--config", str(run)]):
        assert main([*command, *flag]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert f"{flag[0].partition('=')[0]} needs --vary; " in line


def test_a_config_again_is_not_varied(undisturbed, capsys):
    run = undisturbed / FOLDER / "agent.n_step=1" / "seed0"
    assert main(["--config", str(run), "--vary", "agent.n_step=1,2", "--json"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    varies = "its experiment varies: python -m launch q_cliff --vary ..."
    assert line == f"error: --vary: --config runs one config; {varies}"


ROW = {"final": -13.0, "final_half_width": 1.0}


def test_who_is_ahead_is_said_only_where_the_intervals_do_not_meet():
    def told(mean: float, half: float | None = 0.5) -> str:
        return ahead({"a": ROW, "b": {"final": mean, "final_half_width": half}}, "final", "a", "b")

    assert told(-11.4) == "b gets more"
    assert told(-15.0) == "a gets more"
    assert told(-14.5) == "neither gets more than chance explains"
    assert told(-99.0, None) == "there are too few seeds to tell who gets more"


def test_every_study_names_experiments_and_settings_that_there_are():
    for name in catalog.STUDIES:
        study = catalog.STUDIES[name]
        assert name not in catalog.EXPERIMENTS
        assert len(name) <= 22
        assert len(study.summary) <= 80 - 2 - 22 - 1 - 7
        for variant in study.variants.values():
            config = catalog.get(variant.experiment).config
            assert all(axes.has(config, setting) for setting in variant.settings)


def test_tables_on_a_narrow_terminal_keep_the_names_of_variants():
    def cell(variant: str, on: str, final: str) -> dict[str, str]:
        return {"variant": variant, "on": on, "final": final}

    rows = [{"on": "A"}, {"on": "A"}, {"on": "B"}]
    long = "agent.double=true agent.hidden_sizes=64 64"
    cells = [cell("first", "A", "1"), cell(long, "A", "2"), cell("third", "B", "3 ± 0.5" * 7)]
    (shared, first), (_, second) = Report(rows=rows, cells=cells).tables(60)
    assert shared == "on A"
    lines = _shown(first, 60)
    assert "first" in lines[3]
    assert "".join(line[1:46].strip() + " " for line in lines[4:6]).strip() == long
    assert [line.split() for line in _shown(second, 60)[1:3]] == [["variant", "third"], ["on", "B"]]


def _shown(table: Table, width: int) -> list[str]:
    console = Console(width=width, file=io.StringIO())
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_a_study_ends_with_what_its_figures_show(tmp_path, monkeypatch, capsys, executed):
    monkeypatch.chdir(tmp_path)
    study = replace(catalog.STUDIES["sarsa_against_q"], seeds="0-2")
    monkeypatch.setitem(studies.STUDIES, "sarsa_against_q", study)
    assert main(["sarsa_against_q", *TINY]) == 0
    assert len(executed) == 6
    said = capsys.readouterr().out
    assert "While they explore, " in said
    written = json.loads(Path("runs/sarsa_against_q-sweep/sweep.json").read_text())
    assert [row["variant"] for row in written["rows"]] == ["Q-learning", "SARSA"]
    assert written["shows"].startswith("While they explore, ")
    assert written["shows"] in Path("runs/sarsa_against_q-sweep/sweep.md").read_text()


def test_list_tells_of_studies(capsys):
    assert main(["list", "sarsa_against_q"]) == 0
    said = capsys.readouterr().out
    assert "claim     SARSA gets more than Q-learning while both explore" in said
    assert "  SARSA: sarsa_cliff" in said
    assert main(["list", "10"]) == 0
    assert "  sarsa_against_q " in capsys.readouterr().out
    assert main(["list", "--json", "sarsa_against_q"]) == 0
    assert json.loads(capsys.readouterr().out)["sarsa_against_q"]["kind"] == "study"
    assert main(["sarsa_against_q", "q_cliff"]) == 2
    assert main(["q_cliff", "sarsa_against_q"]) == 2


def test_a_run_is_known_by_what_its_folder_says_of_it():
    config = catalog.get("dqn_cartpole").config
    assert isinstance(config, TrainingConfig)
    whole, broken = (
        replace(config, agent=replace(config.agent, env_steps_per_update=number))
        for number in (4, 4.0)
    )
    assert key("dqn_cartpole", whole) == key("dqn_cartpole", broken)


def test_a_study_of_runs_without_a_training_episode_says_that_their_score_is_unknown():
    row = {"training": None, "training_half_width": None, "final": -13.0, "optimum": -13.0}
    rows = {name: {**row, "final_half_width": 1.0} for name in ("Q-learning", "SARSA")}
    said = catalog.STUDIES["sarsa_against_q"].shows(rows)
    assert said == (
        "While they explore, there are too few seeds to tell who gets more: Q-learning unknown, "
        "SARSA unknown. Greedily, neither gets more than chance explains: Q-learning -13, "
        "SARSA -13. The optimum is -13."
    )
