"""The command line. Nothing here imports TensorFlow or Ray before a job needs them."""

import contextlib
import dataclasses
import io
import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

import tyro
from rich.console import Console
from rich.table import Table

from agents.settings import InvalidSetting, require
from envs.faults import OnFault
from launch import catalog, checkpoints, run_folder
from launch.configs import FaultConfig, PlacementConfig, TrainingConfig
from launch.console import WarningLines, say
from launch.errors import RunError, UsageError

_PROGRAM = "python -m launch"
_USAGE = """\
usage: python -m launch EXPERIMENT [FLAGS]     run an experiment; EXPERIMENT --help lists its flags
       python -m launch list                   every experiment: what it is, its claim, its cost
       python -m launch resume RUN             continue an interrupted run, to the same bits
       python -m launch evaluate RUN           score a trained policy, or film it
       python -m launch report RUN [RUN ...]   pictures and a table
       tensorboard --logdir runs               watch the curves
"""
_INTERRUPTED = 130
_Part = TypeVar("_Part", PlacementConfig, FaultConfig)
_FILE_WIDTH = 160  # columns of a table that goes to a file or a pipe


@dataclass(frozen=True, kw_only=True)
class ResumeArguments:
    """Continue an unfinished run from its newest checkpoint, to the same bits."""

    run: Annotated[Path, tyro.conf.Positional]
    """The run's folder."""
    workers: int | None = None
    """Workers from here on; default: as before. 0 leaves the cluster and its GPUs."""
    address: str | None = None
    """Cluster from here on; `local` for one on this machine. Default: as before."""
    learner_gpus: float | None = None
    """GPUs of the learner from here on; default: as before."""
    worker_gpus: float | None = None
    """GPUs of each worker from here on; default: as before."""
    on_fault: OnFault | None = None
    """What becomes of a failing environment from here on, `fail` or `drop`; default: as before."""
    hang_seconds: float | None = None
    """Seconds after which an environment counts as hung from here on; default: as before."""
    max_restarts: int | None = None
    """Workers that may be replaced in the life of the run; default: as before."""


@dataclass(frozen=True, kw_only=True)
class EvaluateArguments:
    """Score a run's trained policy, greedily, on seeded episodes."""

    run: Annotated[Path, tyro.conf.Positional]
    """The run's folder."""
    episodes: int = 100
    """Episodes to play."""
    seed: int | None = None
    """Seed of the episodes; default: the run's, which repeats its own final evaluation."""
    video: Path | None = None
    """Film the first episode into this .mp4 or .gif; on slippery ice, another one."""


@dataclass(frozen=True, kw_only=True)
class ReportArguments:
    """Draw and tabulate runs; seeds of one experiment are summarised together."""

    runs: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Run folders."""
    out: Path = Path("reports/report.png")
    """The picture; the table goes beside it as .md and .json."""


def main(arguments: Sequence[str]) -> int:
    """Runs a command; returns the exit code.

    0 done, 1 the run failed, 2 wrong usage or data, 130 interrupted.
    """
    logging.basicConfig(level=logging.WARNING, format="%(message)s", handlers=[WarningLines()])
    try:
        return _dispatch(list(arguments))
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except RunError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return _INTERRUPTED


def _dispatch(arguments: list[str]) -> int:
    verbs = {"list": _list, "resume": _resume, "evaluate": _evaluate, "report": _report}
    if not arguments or arguments[0] in ("-h", "--help"):
        print(_USAGE)
        return _list([])
    if arguments[0] in verbs:
        return verbs[arguments[0]](arguments[1:])
    return _train(arguments)


def _parse(kind: type[Any], verb: str, arguments: Sequence[str]) -> Any:
    return tyro.cli(kind, prog=f"{_PROGRAM} {verb}", args=arguments)


@contextlib.contextmanager
def _invalid_settings_in_one_line() -> Iterator[None]:
    """Lets tyro explain flags it cannot read, and says in one line what our own checks refuse."""
    explained = io.StringIO()
    try:
        with contextlib.redirect_stderr(explained):
            yield
    except (InvalidSetting, SystemExit) as stop:
        error: BaseException | None = stop
        while error is not None and not isinstance(error, InvalidSetting):
            error = error.__context__
        if error is not None:
            raise UsageError(str(error)) from None
        sys.stderr.write(explained.getvalue())
        raise


def _train(arguments: list[str]) -> int:
    experiment = catalog.get(arguments[0])
    entries = {arguments[0]: (experiment.summary, experiment.config)}
    with _invalid_settings_in_one_line():
        config: TrainingConfig = tyro.extras.overridable_config_cli(
            entries, prog=_PROGRAM, args=arguments
        )
        if config.env != experiment.config.env and config.solved_at == experiment.config.solved_at:
            # The threshold belongs to the experiment's own environment.
            config = dataclasses.replace(config, solved_at=None)
    from launch import runs

    found = _to_continue(arguments[0], config)
    if found is not None:
        runs.resume(found, config.placement, config.faults)
        return _show(found)
    return _show(runs.train(arguments[0], config, arguments))


def _to_continue(name: str, config: TrainingConfig) -> Path | None:
    """The unfinished run of the same settings that should go on instead of a new one, or None."""
    output = config.output
    if output.run_dir is not None or output.unfinished == "new":
        return None
    found = run_folder.unfinished(output, name, config)
    if found is None:
        return None
    done = checkpoints.newest_step(found / run_folder.CHECKPOINTS)
    say(f"{found} has the same settings and stopped at {done:,} of {config.env_steps:,} env steps")
    if output.unfinished == "ask" and not (sys.stdin.isatty() and sys.stderr.isatty()):
        say(f"starting a new run; that one goes on with: {_PROGRAM} resume {found}")
        return None
    if output.unfinished == "ask":
        print("continue it, to the same bits? [Y/n] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().lower() not in ("\n", "y\n", "yes\n"):
            return None
    return found


def _resume(arguments: Sequence[str]) -> int:
    given: ResumeArguments = _parse(ResumeArguments, "resume", arguments)
    _, config = run_folder.read(given.run)
    changes = {name: value for name, value in vars(given).items() if value is not None}
    if given.workers == 0:
        changes = {"address": None, "learner_gpus": 0.0, "worker_gpus": 0.0, **changes}
    with _invalid_settings_in_one_line():
        placement = _changed(config.placement, changes)
        faults = _changed(config.faults, changes)
        dataclasses.replace(config, placement=placement, faults=faults)
    from launch import runs

    runs.resume(given.run, placement, faults)
    return _show(given.run)


def _changed(part: _Part, changes: Mapping[str, Any]) -> _Part:
    """A part of a config with those of the changes that it has fields for."""
    own = {name: changes[name] for name in vars(part).keys() & changes.keys()}
    return dataclasses.replace(part, **own)


def _show(folder: Path) -> int:
    """Prints what a run came to."""
    result = run_folder.read_result(folder)
    if result["status"] == "interrupted":
        print(
            f"interrupted at {result['env_steps']:,} env steps; everything is saved. "
            f"Continue with: {_PROGRAM} resume {folder}"
        )
        return _INTERRUPTED
    claim = result["claim"]
    evaluation = result["evaluation"]
    print(
        f"{result['experiment']} seed {result['seed']}: {result['env_steps']:,} env steps, "
        f"{result['updates']:,} updates in {result['wall_seconds']:.1f} s "
        f"({result['steps_per_second']:,.0f} env steps/s while training)"
    )
    print(
        f"{result['acting']} over {evaluation['episodes']:,} fresh episodes: mean return "
        f"{evaluation['mean_return']:.4g} ± {evaluation['std_return']:.4g}"
    )
    figures = {"ours": "ours", "optimum": "optimum", "baseline": "random", "book": "book"}
    shown = [f"{word} {claim[key]:.4g}" for key, word in figures.items() if claim[key] is not None]
    print(f"{claim['metric']}: {', '.join(shown)}")
    print(f"fingerprint {result['fingerprint']}")
    print(f"folder {folder} (learning curve: {folder / run_folder.CURVE})")
    return 0


def _evaluate(arguments: Sequence[str]) -> int:
    given: EvaluateArguments = _parse(EvaluateArguments, "evaluate", arguments)
    with _invalid_settings_in_one_line():
        require(given.episodes >= 1, "episodes", "must be 1 or more", given.episodes)
        require(0 <= (given.seed or 0) < 2**63, "seed", "must be in [0, 2**63)", given.seed)
    from launch import runs

    summary, filmed = runs.evaluate(given.run, given.episodes, given.seed, given.video)
    success = "" if summary.success_rate is None else f", success rate {summary.success_rate:.4f}"
    print(
        f"{summary.episodes:,} episodes: mean return {summary.mean_return:.4g} ± "
        f"{summary.std_return:.4g}, from {summary.min_return:.4g} to {summary.max_return:.4g}"
        f"{success}"
    )
    if given.video is not None:
        print(f"film {given.video}: one episode, return {filmed[0]:.4g}")
    return 0


def _report(arguments: Sequence[str]) -> int:
    given: ReportArguments = _parse(ReportArguments, "report", arguments)
    if not given.runs:
        raise UsageError("report needs run folders: python -m launch report RUN [RUN ...]")
    from launch import reports

    table = reports.compare(given.runs, given.out)
    console = Console()
    if not console.is_terminal:
        console.width = _FILE_WIDTH
    console.print(table)
    print(f"picture {given.out}")
    return 0


def _list(arguments: Sequence[str]) -> int:
    if arguments:
        raise UsageError(f"list takes no arguments, got {' '.join(arguments)}")
    table = Table(title="experiments")
    for column in ("name", "what it is", "claim", "cost on 2 cores"):
        table.add_column(column)
    for name, experiment in catalog.EXPERIMENTS.items():
        claim = experiment.claim
        figures = {"book": claim.book, "optimum": claim.optimum}
        known = [f"{word} {value:g}" for word, value in figures.items() if value is not None]
        claims = "; ".join([*known, *([claim.note] if claim.note else [])])
        table.add_row(name, experiment.summary, claims, experiment.cost)
    Console().print(table)
    return 0
