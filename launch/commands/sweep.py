"""Sweeps: `python -m launch EXPERIMENT --vary ...`, and studies, which are named ones."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from common import jsons
from common.errors import RunError, UsageError
from launch.commands import run as runs
from launch.commands.flags import (
    INTERRUPTED,
    Command,
    command_of_known,
    invalid_settings_in_one_line,
    seeds,
)
from launch.commands.names import HELP
from launch.commands.outcomes import emit_end
from launch.config.run import RunConfig
from launch.experiments import catalog
from launch.experiments.experiment import Experiment, flag_of
from launch.experiments.study import Rows, Series, Study
from launch.jobs import kinds
from launch.run_folder.lock import made_and_held
from launch.scheduler.run import Outcome
from launch.sweeps import axes
from launch.sweeps.axes import Axis
from launch.sweeps.sweep import Sweep, folder_of
from launch.sweeps.variants import Variant, different
from launch.terminal.blocks import beside
from launch.terminal.console import emit, say, speaking, stdout, style
from launch.terminal.typed import flag_name

if TYPE_CHECKING:
    from launch.sweeps.report import Report

_LOG = logging.getLogger(__name__)
Asked = Command[RunConfig]


def vary(names: Sequence[str], flags: list[str], asked: Asked) -> int:
    """Runs experiments with every choice of the values that `--vary` names.

    Args:
        names: The experiments.
        flags: The flags that hold for all, `--vary` among them.
        asked: What they ask of the first experiment.

    Returns:
        The exit code.
    """
    given = axes.parse(asked.vary)
    axes.refuse_flags(flags)
    with speaking(asked.terminal.style):
        planned = [
            _variant(
                names,
                [*flags, *_flags(name, settings)],
                name,
                settings,
                _named(name, settings, len(names) > 1),
            )
            for name in names
            for settings in axes.product(_known(name, names, given))
        ]
        return _execute(names, flags, asked, planned, series=("evaluation",))


def study(name: str, flags: list[str]) -> int:
    """Runs a study; flags change all of its variants.

    Returns:
        The exit code.
    """
    found = catalog.STUDIES[name]
    # Its help tells of the study; what none of its experiments knows is refused variant by variant.
    first = replace(catalog.get(found.experiments[0]), summary=found.claim)
    if set(flags) & set(HELP):
        first = _for_help(found)
    asked, _ = command_of_known(name, first, flags)
    if not any(flag_name(flag) == "--seed" for flag in flags):
        asked = replace(asked, seeds=asked.seeds or found.seeds)
    axes.refuse_flags(flags)
    if asked.vary:
        raise UsageError(
            f"--vary: {name} has its variants; vary one of its experiments: "
            f"{', '.join(found.experiments)}"
        )
    with speaking(asked.terminal.style):
        planned = [
            _variant(
                found.experiments,
                [
                    *catalog.get(each.experiment).config.UNSEEN,
                    *_flags(each.experiment, each.settings),
                    *flags,
                ],
                each.experiment,
                each.settings,
                title,
            )
            for title, each in found.variants.items()
        ]
        return _execute([name], flags, asked, planned, found.panels, found.shows)


def _for_help(found: Study) -> Experiment:
    """What help tells of: the settings that all variants have, and the names of the others."""
    settings = [set(each.settings.items()) for each in found.variants.values()]
    shared = set.intersection(*settings)
    apart = {name for name, _ in set.union(*settings) - shared}
    name = found.experiments[0]
    words = [*catalog.get(name).config.UNSEEN, *_flags(name, dict(shared))]
    summary = found.claim
    if apart:
        told = ", ".join(map(flag_of, sorted(apart)))
        summary += (
            f" Variants have values of their own of {told}: the defaults of these are {name}'s."
        )
    return replace(
        catalog.get(name), config=runs.commands_of([name], words)[name].config, summary=summary
    )


def _known(name: str, names: Sequence[str], given: Sequence[Axis]) -> list[Axis]:
    """The axes of one experiment; a setting that none of them has is left to the parser."""
    configs = [catalog.get(each).config for each in names]
    return [
        axis
        for axis in given
        if axes.has(catalog.get(name).config, axis.setting)
        or not any(axes.has(config, axis.setting) for config in configs)
    ]


def _named(name: str, settings: Mapping[str, str], several: bool) -> str:
    return " ".join(filter(None, (name if several else "", axes.name(settings)))) or name


def _flags(name: str, settings: Mapping[str, str]) -> list[str]:
    return axes.flags(catalog.get(name).config, settings)


def _variant(
    names: Sequence[str], words: list[str], name: str, settings: Mapping[str, str], title: str
) -> Variant:
    asked = runs.commands_of(names, words)[name].config
    with invalid_settings_in_one_line():
        # What files hold tells variants apart that start from, or learn from, others of them.
        config = kinds.completed(runs.settled(name, asked))
    return Variant(name=title, experiment=name, settings=settings, config=config)


def _execute(
    names: Sequence[str],
    flags: list[str],
    asked: Asked,
    planned: Sequence[Variant],
    series: Sequence[Series],
    shows: Callable[[Rows], str] | None = None,
) -> int:
    """Runs variants with all seeds, writes and prints what they came to; returns the exit code."""
    configs = runs.with_workers({each.name: each.config for each in planned})
    chosen = different([replace(each, config=configs[each.name]) for each in planned])
    numbers = seeds(asked.seeds) if asked.seeds else [asked.config.seed]
    folder = folder_of(asked.config.output.out, names)
    wanted = {
        "names": list(names),
        "flags": flags,
        "variants": {each.name: dict(each.settings) for each in chosen},
        "seeds": numbers,
    }
    with made_and_held(folder, "--out"):
        arguments = [*names, *flags]
        sweep = Sweep(folder, chosen, numbers, retries=asked.retries, arguments=arguments)
        return _made(sweep, wanted, asked, series, shows)


def _made(
    sweep: Sweep,
    wanted: Mapping[str, Any],
    asked: Asked,
    series: Sequence[Series],
    shows: Callable[[Rows], str] | None,
) -> int:
    """Makes the runs that are due, and what a sweep comes to; returns the exit code."""
    from launch.scheduler import schedule
    from launch.sweeps import report

    report.begin(sweep, wanted)
    outcomes: list[Outcome] = []
    if due := sweep.configs:

        def finished(outcome: Outcome) -> None:
            sweep.finished(outcome)
            emit_end(outcome)

        watched = [str(sweep.folder)]
        outcomes = schedule.execute(sweep.supply(), due, finished, watched=watched)
    if any(outcome.interrupted for outcome in outcomes):
        say(f"interrupted; the same command continues the sweep in {sweep.folder}")
        return INTERRUPTED
    found = report.made(sweep)
    by_name = {row["variant"]: row for row in found.rows}
    is_whole = all(row["finished"] == row["runs"] for row in found.rows)
    is_whole = is_whole and len(by_name) == len(sweep.variants)
    sentence = shows(by_name) if shows is not None and is_whole else ""
    if found.rows:
        report.write(sweep, found, wanted, series, sentence)
    _tell(sweep, found, sentence, as_json=asked.json)
    return _told_failures(sweep)


def _tell(sweep: Sweep, found: "Report", sentence: str, *, as_json: bool) -> None:
    """Prints the table, or its rows for a program."""
    emit("sweep", folder=str(sweep.folder), rows=list(found.rows), shows=sentence)
    if style() == "json":
        return
    if as_json:
        print(jsons.dumps(list(found.rows), indent=2))
    elif found.rows:
        from launch.reports.intervals import METHOD
        from launch.sweeps.names import PICTURE, TABLE

        console = stdout()
        for shared, table in found.tables(console.width):
            print(*beside("", shared), sep="\n")
            console.print(table)
        print(METHOD)
        print(f"picture {sweep.folder / PICTURE}")
        print(f"table   {sweep.folder / TABLE}")
        if sentence:
            print(*beside("", sentence), sep="\n")


def _told_failures(sweep: Sweep) -> int:
    """Says which runs failed, a line each; returns the exit code."""
    failed = sweep.failed()
    for name, error in failed.items():
        _LOG.warning("%s failed: %s", name, error)
    if failed:
        say(f"{len(failed)} of {len(sweep.entries)} runs failed; the same command tries them again")
    if any(isinstance(error, RunError) for error in failed.values()):
        return 1
    return 2 if failed else 0
