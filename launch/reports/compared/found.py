"""The runs that are compared: found, read, left out with a reason, and named by their settings."""

import dataclasses
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from common.errors import UsageError
from envs.effective import effective
from launch.config.training import TrainingConfig
from launch.reports import finding
from launch.reports.compared.limits import Floats
from launch.reports.finding import LeftOut
from launch.run_folder import description, result
from launch.run_folder.metrics import read_metrics
from launch.run_folder.names import CONFIG, METRICS, RESULT
from launch.run_folder.run_result import TrainingRunResult

POLICIES = {"final": "last weights", "kept": "policy kept"}
"""The two policies of a run: that of the last weights, and that of the best evaluation."""
_NONE = "none"  # the value of a setting that a run does not have
_OF_THE_ENVIRONMENT = ("seed", "env", "env_options", "solved_at")


@dataclass(frozen=True, kw_only=True)
class Run:
    """A finished reinforcement learning run.

    Attributes:
        folder: Its folder.
        family: The name that the user gave, else its experiment.
        environment: Its environment, with what is changed about it.
        settings: What else decides about its bits but the seed, flat, by dotted names.
        solved_at: The threshold in its config.
        result: What it came to.
        evaluations: [M, 4] environment steps, seconds of training, mean return and score of each;
            the score is the rate of success where there is one, else the mean return.
    """

    folder: Path
    family: str
    environment: str
    settings: Mapping[str, str]
    solved_at: float | None
    result: TrainingRunResult
    evaluations: Floats

    def score(self, policy: str) -> float:
        """The score of one of `POLICIES`."""
        found = self.result
        summary = found.final_evaluation if policy == "final" else found.evaluation
        assert summary is not None
        return summary.score()


def find(given: Sequence[str]) -> tuple[list[Run], list[LeftOut]]:
    """The runs in some folders, and what is left out of them.

    Args:
        given: Run folders or folders that hold some at any depth; NAME=FOLDER names the agent.

    Raises:
        UsageError: One of them names no folder.
    """
    read: dict[Path, Run] = {}
    left: dict[Path, LeftOut] = {}
    for name, path in map(_named, given):
        folders, refused = finding.find([path])
        left.update({each.folder.resolve(): each for each in refused})
        if not folders and not refused:
            left[path.resolve()] = LeftOut(path, "no run in it")
        for folder in folders:
            if folder.resolve() in read.keys() | left.keys():
                continue
            try:
                read[folder.resolve()] = _read(folder, name)
            except UsageError as error:
                left[folder.resolve()] = LeftOut(folder, _reason(error, folder))
    runs, older = _newest(list(read.values()))
    return runs, [*left.values(), *older]


def labels(runs: Sequence[Run]) -> list[str]:
    """A name for each run's agent: its family, and the settings that differ in an environment.

    What differs between environments alone does not tell agents apart: it belongs to the
    environments, as budgets and tuned settings do. A value that more than half of a family's agents
    have is left out: each is named by what is special about it.
    """
    values: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    names = sorted({name for run in runs for name in run.settings})
    for run in runs:
        for name in names:
            values[run.family, run.environment, name].add(run.settings.get(name, _NONE))
    telling = {(family, name) for (family, _, name), seen in values.items() if len(seen) > 1}
    agents = [
        (
            run.family,
            tuple((n, run.settings.get(n, _NONE)) for n in names if (run.family, n) in telling),
        )
        for run in runs
    ]
    families = Counter(family for family, _ in set(agents))
    shared = Counter((family, each) for family, settings in set(agents) for each in settings)
    return [
        " ".join(
            [
                family,
                *(
                    f"{name}={value}"
                    for name, value in settings
                    if 2 * shared[family, (name, value)] <= families[family]
                ),
            ]
        )
        for family, settings in agents
    ]


def _reason(error: UsageError, folder: Path) -> str:
    """What is wrong with a folder, without its path, which is told before it."""
    said = str(error)
    for path in (folder, folder / CONFIG, folder / RESULT, folder / METRICS):
        said = said.removeprefix(f"{path}: ")
    return said


def _named(word: str) -> tuple[str, Path]:
    """The agent's name and the folder; the name is empty where none is given.

    Raises:
        UsageError: There is no folder.
    """
    name, equals, path = word.partition("=")
    is_named = bool(equals) and "/" not in name and not Path(word).exists()
    folder = path if is_named else word
    if not folder:  # Path("") is the working directory
        raise UsageError(f"{word!r} names no folder; expected RUN or NAME=FOLDER")
    return (name if is_named else "", Path(folder))


def _read(folder: Path, name: str) -> Run:
    """Reads a run.

    Raises:
        UsageError: It cannot be compared; the message says why.
    """
    experiment, config = description.read(folder)
    if not isinstance(config, TrainingConfig):
        raise UsageError("a supervised run: python -m launch report shows those")
    if not (folder / RESULT).exists():
        raise UsageError(f"unfinished: no {RESULT}")
    found = result.read(folder)
    if found.status != "finished":
        raise UsageError(f"unfinished: {found.status}")
    if not isinstance(found, TrainingRunResult):
        raise UsageError(f"broken: {RESULT} is not of a reinforcement learning run")
    if found.evaluation is None or found.final_evaluation is None:
        raise UsageError("broken: it has no evaluation of its end")
    finding.refuse_unscored(found)
    dropped = [*_OF_THE_ENVIRONMENT[: 3 if config.until_solved else 4]]
    telling = description.telling(folder, config)
    values = {key: value for key, value in telling.items() if key not in dropped}
    return Run(
        folder=folder,
        family=name or experiment,
        environment=environment_of(config),
        settings=dict(_flat(values)),
        solved_at=config.solved_at,
        result=found,
        evaluations=_evaluations(folder),
    )


def environment_of(config: TrainingConfig) -> str:
    """The environment with what is changed about it: what it has anyway makes no other one."""
    options = effective(config.env, config.env_options)
    return dataclasses.replace(config, env_options=options).task


def _flat(values: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(values, Mapping):
        for name, value in values.items():
            yield from _flat(value, f"{path}.{name}" if path else name)
    else:
        yield path, values if isinstance(values, str) else json.dumps(values)


def _evaluations(folder: Path) -> Floats:
    """Environment steps, seconds of training, mean return and score of a run's evaluations.

    Raises:
        UsageError: Its metrics cannot be read.
    """
    seconds, found = 0.0, []
    try:
        for record in read_metrics(folder):
            if record["kind"] == "iteration":
                seconds = record["training_seconds"]
            elif record["kind"] == "evaluation":
                value = record["mean_return"]
                score = record.get("success_rate", value)
                found.append((record["env_steps"], seconds, value, score))
        evaluations = np.array(found, np.float64).reshape(-1, 4)
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"broken: its metrics have no {error}") from None
    if not len(evaluations):  # every finished run has that of its end
        raise UsageError("broken: its metrics have no evaluation")
    if not np.isfinite(evaluations).all():
        raise UsageError("broken: its evaluations are not all numbers")
    return evaluations


def _newest(runs: Sequence[Run]) -> tuple[list[Run], list[LeftOut]]:
    """The newest run of each seed and settings, by seed; the others are left out."""
    newest: dict[tuple[Any, ...], Run] = {}
    left = []
    for run in sorted(runs, key=lambda each: (each.folder / RESULT).stat().st_mtime):
        settings = tuple(sorted(run.settings.items()))
        key = (run.family, run.environment, run.result.seed, settings)
        if key in newest:
            why = f"a newer run has its settings and seed: {run.folder}"
            left.append(LeftOut(newest[key].folder, why))
        newest[key] = run
    order = sorted(newest.values(), key=lambda each: (each.family, each.result.seed))
    return order, left
