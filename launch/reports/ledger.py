"""The ledger: the book's scores, trivial ones, simple controls, the best possible, and ours."""

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from launch.experiments import catalog
from launch.reports import ledger_rows, seed_means
from launch.reports.finding import tell
from launch.reports.groups import Group, gather
from launch.run_folder.run_result import RunResult, SupervisedRunResult
from launch.terminal.typed import typed

_HEAD = """\
# Results

Written by `{command}`. What published tables rest on is `make ledger
DATA_DIR=…`; those of the reinforcement learning experiments are in
{agents}.
"""
BEGINS = _HEAD.partition("{")[0]
"""How each such page begins, whatever is in it."""
_AGENTS = Path("agents/results.md")
"""The page of the published agents, beside the published ledger."""
_ABOUT_SCORES = """\
*Ours* is the mean over seeds, on test data that chose nothing. {method}.
*Test set* is the 95 % interval that the test rows alone leave around that mean, for a trained model
and other rows of the same kind: Wilson's for a share of rows, else of the errors row by row
(DeLong's for ROC-AUC), rows taken as independent. Where seeds draw other test rows, both are in the
interval over seeds.
*Data* is `real` (the published set, whole), `sample` (a genuine subset or sibling that a package
ships) or `synthetic`. *Not comparable* stands where the book's score is no sound test score of the
same thing, or ours is not on the real data; the notes say why.
*Baseline* is the trivial predictor. The *strongest control* is the best of the simple predictors
on the same test rows, of the job itself or, where it is named, of another one; *below the control*
stands where it is better than ours. `none measured` says that there is no such predictor,
`not written down` that runs are older than this column, or the other job has none on these rows.
"""
_ABOUT_AGENTS = """\
*Final* is the score of the last weights, *kept* that of the policy that its evaluations chose, both
on the same fresh episodes. {method}. *One run's episodes* is half the 95 % interval that the
number of episodes leaves to one run's final score.
"""
_ABOUT_RUNS = """\
*Runs* are the finished ones of those that were begun. The fingerprints, one for each seed in order,
are the first digits of the runs' own: equal ones mean the same weights and results. Seconds and
megabytes are medians of whole runs, imports included. DATA_DIR is the folder of data sets,
RUN that of each run which the command before has made.
"""
_NOTES = 4  # that differ from seed to seed, told one by one
_RECALLS = 4  # classes whose recalls are told one by one


def write(folders: Sequence[Path], beside: Path) -> tuple[str, int]:
    """The ledger as Markdown, and how many rows of scores it has.

    Args:
        folders: Run folders, or folders that hold some, at any depth. What is left out is said.
        beside: The folder of the page, to which its links are relative.

    Raises:
        UsageError: No run is left.
    """
    groups, left_out = gather(folders)
    tell(left_out)
    groups.sort(key=lambda group: _place(group.experiment))
    jobs = [group for group in groups if isinstance(group.results[0], SupervisedRunResult)]
    agents = [group for group in groups if group not in jobs]
    there = f"[{_AGENTS}]({_AGENTS})" if (beside / _AGENTS).exists() else f"`docs/{_AGENTS}`"
    parts = [_HEAD.format(command=typed("ledger", *folders), agents=there)]
    if jobs:
        parts += [f"{_about(_ABOUT_SCORES)}\n{_table(ledger_rows.SCORES, _scores(jobs))}"]
    if agents:
        scales = seed_means.scales(agents)
        cells = [ledger_rows.agents(*each) for each in zip(agents, scales, strict=True)]
        parts += [f"## Agents\n\n{_about(_ABOUT_AGENTS)}\n{_table(ledger_rows.AGENTS, cells)}"]
    cells = [ledger_rows.runs(group) for group in groups]
    parts += [f"## Runs\n\n{_ABOUT_RUNS}\n{_table(ledger_rows.RUNS, cells)}"]
    parts += _section("Other metrics", [_others(group) for group in jobs])
    parts += _section("Notes", [_note(group) for group in groups])
    return "\n".join(parts), len(groups)


def _about(text: str) -> str:
    return textwrap.fill(text.format(method=seed_means.METHOD), 100) + "\n"


def _place(experiment: str) -> tuple[int, str]:
    """Where an experiment stands: in the order of the catalog, others after it."""
    order = list(catalog.EXPERIMENTS)
    return (order.index(experiment) if experiment in order else len(order)), experiment


def _scores(jobs: Sequence[Group]) -> list[ledger_rows.Cells]:
    """The rows of supervised experiments, those that cannot be run for want of files among them."""
    found = [
        (_place(group.experiment), ledger_rows.scores(group, _rivals(group, jobs)))
        for group in jobs
    ]
    measured = {group.experiment for group in jobs}
    for name, experiment in catalog.EXPERIMENTS.items():
        supervised = experiment.config.KIND == "supervised"
        if supervised and experiment.needs and name not in measured:
            found.append((_place(name), ledger_rows.unmeasured(name, experiment)))
    return [cells for _, cells in sorted(found, key=lambda row: row[0])]


def _rivals(group: Group, jobs: Sequence[Group]) -> dict[str, float] | None:
    """The mean scores of other experiments, on the same test rows, that are controls of this one.

    Returns:
        By what they are of; None where no experiment that has some has a run on the same rows.
    """
    if group.experiment not in catalog.EXPERIMENTS:
        return {}
    found, rivals = {}, catalog.EXPERIMENTS[group.experiment].claim.rivals
    for place, words in rivals.items():
        experiment, _, metric = place.partition("/")
        values = [
            run.metrics[metric]
            for other in jobs
            if other.experiment == experiment
            for run in other.results
            if isinstance(run, SupervisedRunResult) and metric in run.metrics
            if run.claim.test_rows is not None and _test(run) == _test(group.results[0])
        ]
        if values:
            found[f"{words}, of {experiment}"] = float(np.mean(values))
    return found or None if rivals else {}


def _test(run: RunResult) -> tuple[str | None, int | None]:
    """What a run was scored on: the kind of its data, and how many rows."""
    return run.data_kind, run.claim.test_rows


def _section(title: str, lines: Sequence[str]) -> list[str]:
    told = "\n".join(filter(None, lines))
    return [f"## {title}\n\n{told}\n"] if told else []


def _others(group: Group) -> str:
    """The test metrics beside the one that is claimed, in a line."""
    found = [run for run in group.results if isinstance(run, SupervisedRunResult) and run.metrics]
    if not found:
        return ""
    names = [name for name in found[0].metrics if name != found[0].claim.metric]
    if sum(name.startswith("recall_") for name in names) > _RECALLS:
        names = [name for name in names if not name.startswith(("recall_", "precision_"))]
    values = {name: [run.metrics[name] for run in found if name in run.metrics] for name in names}
    told = [_mean_and_spread(name, each) for name, each in values.items()]
    return f"- **{ledger_rows.name(group)}**: {'; '.join(told)}." if told else ""


def _mean_and_spread(name: str, values: Sequence[float]) -> str:
    """A metric's mean over seeds, and the lowest and the highest where there are several."""
    mean = f"{name} {ledger_rows.short(float(np.mean(values)))}"
    return f"{mean} ({seed_means.spread(values)})" if len(values) > 1 else mean


def _note(group: Group) -> str:
    results = group.results
    book = results[0].claim.book_note
    said = [book] if book else []
    notes = [note for run in results for note in run.notes]
    for note in dict.fromkeys(notes):
        if notes.count(note) == len(results):
            said.append(note)
    single = [note for note in notes if notes.count(note) < len(results)]
    if len(set(single)) > _NOTES:  # told by their beginnings
        single = [note.partition(":")[0] for note in single]
    said += [f"{note} ({single.count(note)} of {len(results)})" for note in dict.fromkeys(single)]
    return f"- **{ledger_rows.name(group)}**: {'. '.join(said)}." if said else ""


def _table(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    cells = [[row[column].replace("|", "\\|") for column in columns] for row in rows]
    lines = [list(columns), ["---"] * len(columns), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
