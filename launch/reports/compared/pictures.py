"""Pictures of compared agents: curves with bands, measures with intervals, profiles."""

from collections.abc import Iterable, Mapping, Sequence, Sized
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from launch.reports.compared import measures
from launch.reports.compared.anchors import Anchors
from launch.reports.compared.comparison import Comparison, Entry, profile_range
from launch.reports.compared.found import POLICIES
from launch.reports.compared.limits import Floats
from launch.reports.compared.measures import METHODS, NAMES, Measure, Sample
from launch.reports.compared.names import in_lines
from launch.run_folder.files import page

CURVES, MEASURES, PROFILES = "curves.png", "measures.png", "profiles.png"
"""The names of the pictures."""
_PAIRS = colormaps["tab20"].colors  # type: ignore[attr-defined]
_COLOURS = (*_PAIRS[::2], *_PAIRS[1::2])
"""Ten strong colours, and then the light one of each."""
_WIDEST = 0.6  # share of the scores in a panel that a band covers: wider ones hide the others
_MANY = 6  # agents of a panel: of more, bands and single runs would bury the means
_APART = 4  # times the shortest budget, from which on steps are drawn on a logarithmic axis
_DOTS = 200  # thresholds of a drawn profile
_LINE = 0.16  # inches of a line of a legend
_TICKS = 4  # of bars: more lie on each other where numbers are long
_HATCHES = {"final": "", "kept": "///"}
_Agents = Sequence[tuple[str, Mapping[str, Mapping[str, Measure]]]]


def draw(comparison: Comparison, folder: Path) -> list[Path]:
    """Draws all pictures.

    Args:
        comparison: What was compared.
        folder: Where they go.

    Returns:
        The files.

    Raises:
        OSError: One cannot be written.
    """
    figures = {CURVES: curves, MEASURES: _measures, PROFILES: profiles}
    paths = []
    for name, of in figures.items():
        paths.append(folder / name)
        with page(paths[-1]) as unfinished:
            of(comparison).savefig(unfinished, dpi=120)
    return paths


def _colours(comparison: Comparison) -> dict[str, tuple[float, ...]]:
    labels = _names(comparison)
    return {label: _COLOURS[number % len(_COLOURS)] for number, label in enumerate(labels)}


def _names(comparison: Comparison) -> dict[str, str]:
    """How pictures name each agent."""
    return in_lines(entry.label for entry in comparison.entries)


def _height(told: Iterable[str], least: float) -> float:
    """Inches of a row of panels that has room for a legend with these names beside it."""
    return max(least, 1.4 + _LINE * sum(1 + name.count("\n") for name in told))


def curves(comparison: Comparison) -> Figure:
    """A panel for each environment: evaluations during training, over environment steps."""
    names = list(comparison.environments)
    told = _names(comparison)
    height = _height(told.values(), 3.8)
    figure = Figure(figsize=(11, height * len(names)), layout="constrained")
    panels = figure.subplots(len(names), squeeze=False)[:, 0]
    colours = _colours(comparison)
    for axes, name in zip(panels, names, strict=True):
        held = comparison.environments[name]
        entries = [each for each in comparison.entries if each.environment == name]
        returns = [run.evaluations[:, 3] for each in entries for run in each.runs]
        room = float(np.ptp(np.concatenate(returns))) if returns and _few(entries) else None
        used = {
            _curve(axes, each, held, told[each.label], colours[each.label], room)
            for each in entries
        }
        _levels(axes, held, vertical=False)
        budgets = [run.evaluations[-1, 0] for each in entries for run in each.runs]
        if budgets and max(budgets) >= _APART * min(budgets):
            axes.set_xscale("log")
        unit = "rate of success" if held.is_rate else "return"
        seeds = ", and their means" if room is not None else ": means over runs"
        title = f"{name}: evaluations of the newest weights{seeds}"
        if bands := " or ".join(
            METHODS[each].partition(" between")[0] for each in sorted(used) if each
        ):
            title += f"\nbands: pointwise 95 %, {bands}"
        _name(axes, title, "environment steps", unit)
        if held.is_rate:
            axes.set_ylim(0, 1.02)
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), fontsize=8)
    return figure


def _curve(
    axes: Axes,
    entry: Entry,
    held: Anchors,
    name: str,
    colour: tuple[float, ...],
    room: float | None,
) -> str:
    """Seeds thin, their mean thick, and its pointwise interval.

    Args:
        axes: The panel.
        entry: An agent.
        held: What it is held to.
        name: What the legend calls it.
        colour: Its colour.
        room: Returns from the lowest to the highest in the panel; None draws the mean alone.

    Returns:
        The letter of the interval's method; empty where none is drawn.
    """
    for run in entry.runs if room is not None else ():
        points = run.evaluations[:, [0, 3]].T
        axes.plot(*points, ".-", color=colour, linewidth=0.5, markersize=3, alpha=0.5, zorder=3)
    common = sorted(set.intersection(*(set(run.evaluations[:, 0]) for run in entry.runs)))
    if not common:
        return ""
    returns = [dict(run.evaluations[:, [0, 3]]) for run in entry.runs]
    found = [
        measures.mean(held.sample(np.array([each[step] for each in returns]))) for step in common
    ]
    limits = np.array([(each.low, each.high) for each in found], np.float64)  # nan where None
    name += f", {len(entry.runs)} run{'s' * (len(entry.runs) > 1)}"
    drawn = False
    if room is not None and found[0].method:
        drawn = _band(axes, common, limits, colour, room)
    means = [each.value for each in found]
    axes.plot(common, means, "o-", color=colour, linewidth=2, markersize=3, label=name, zorder=4)
    return found[0].method if drawn else ""


def _band(axes: Axes, places: Any, limits: Floats, colour: tuple[float, ...], room: float) -> bool:
    """A band that is seen below others: hardly any colour, and thin outlines above all bands.

    Args:
        axes: The panel.
        places: [N] where it is drawn.
        limits: [N, 2] its lower and its upper end.
        colour: Its colour.
        room: Scores from the lowest to the highest in the panel.

    Returns:
        Whether it was drawn: one that covers most of the panel tells nothing and hides others.
    """
    low, high = limits.T
    if not np.nanmean(high - low) <= _WIDEST * room:
        return False
    axes.fill_between(places, low, high, color=colour, alpha=0.08, linewidth=0, zorder=1)
    for outline in (low, high):
        axes.plot(places, outline, color=colour, linewidth=0.8, alpha=0.8, zorder=2)
    return True


def _measures(comparison: Comparison) -> Figure:
    """A row for each environment and for all of them, a column for each measure."""
    rows: list[tuple[str, Anchors | None, _Agents]] = []
    for name, held in comparison.environments.items():
        entries = [each for each in comparison.entries if each.environment == name]
        rows.append((name, held, [(e.label, e.measures) for e in entries]))
    if comparison.overall:
        several = [(each.label, each.measures) for each in comparison.overall]
        rows.append((f"{len(comparison.shared)} environments, normalised", None, several))
    heights = [1.2 + 0.6 * len(of) for *_, of in rows]
    figure = Figure(figsize=(15, sum(heights) + 0.4), layout="constrained")
    panels = figure.subplots(len(rows), len(NAMES), squeeze=False, height_ratios=heights)
    colours, told = _colours(comparison), _names(comparison)
    for line, (title, held, of) in zip(panels, rows, strict=True):
        for axes, name in zip(line, NAMES, strict=True):
            _bars(axes, of, name, held, colours)
            axes.set_title(f"{title}\n{NAMES[name]}", fontsize=9)
            first = axes is line[0]
            names = [told[label] if first else "" for label, _ in of]
            axes.set_yticks(range(len(of)), names, fontsize=7)
    used = "; ".join(comparison.methods_of_agents)
    figure.supxlabel(
        "plain: last weights; hatched: policy kept; lines: 95 % intervals, where one covers\n"
        f"({used})",
        fontsize=9,
    )
    return figure


def _bars(
    axes: Axes,
    of: _Agents,
    name: str,
    held: Anchors | None,
    colours: dict[str, tuple[float, ...]],
) -> None:
    """A bar for each agent and policy, from random where scores are returns and it is known."""
    is_gap = name == "optimality_gap"
    is_return = held is not None and not held.is_rate and not is_gap
    start = held.random or 0.0 if held is not None and is_return else 0.0
    for place, (label, by_policy) in enumerate(of):
        for shift, (policy, hatch) in zip((-0.2, 0.2), _HATCHES.items(), strict=True):
            found = by_policy[policy].get(name)
            if found is None:
                continue
            axes.barh(
                place + shift,
                found.value - start,
                height=0.36,
                left=start,
                color=colours[label],
                alpha=0.55,
                hatch=hatch,
                edgecolor="white",
            )
            if found.low is not None and found.high is not None:
                line = [found.low, found.high]
                axes.plot(line, [place + shift] * 2, "|-", color="black", linewidth=1.2)
    axes.set_ylim(len(of) - 0.5, -0.5)
    axes.tick_params(axis="x", labelsize=7)
    axes.xaxis.set_major_locator(MaxNLocator(_TICKS))
    axes.grid(alpha=0.3, axis="x")
    if held is not None and not is_gap:
        _levels(axes, held, vertical=True)


def profiles(comparison: Comparison) -> Figure:
    """A row for each environment and for all of them, a column for each policy."""
    names = list(comparison.environments)
    count = len(names) + bool(comparison.overall)
    told, colours = _names(comparison), _colours(comparison)
    figure = Figure(figsize=(15, _height(told.values(), 3.8) * count), layout="constrained")
    panels = figure.subplots(count, 2, squeeze=False)
    for line, name in zip(panels, names, strict=False):
        held = comparison.environments[name]
        entries = [each for each in comparison.entries if each.environment == name]
        scores = [entry.scores[policy] for entry in entries for policy in POLICIES]
        span = profile_range(held, scores)
        for axes, policy in zip(line, POLICIES, strict=True):
            for entry in entries:
                sample = held.sample(entry.scores[policy])
                name_and_colour = told[entry.label], colours[entry.label]
                _profile(axes, sample, span, *name_and_colour, banded=_few(entries))
            _levels(axes, held, vertical=True)
            axes.set_xlim(*seen(span, np.concatenate(scores)))
            _name(axes, f"{name}, {POLICIES[policy]}", "score τ", "share of runs above τ")
    if comparison.overall:
        for axes, policy in zip(panels[-1], POLICIES, strict=True):
            for each in comparison.overall:
                sample = each.samples[policy]
                name_and_colour = told[each.label], colours[each.label]
                banded = _few(comparison.overall)
                _profile(axes, sample, (0.0, 1.0), *name_and_colour, banded=banded)
            title = f"{len(comparison.shared)} environments, {POLICIES[policy]}"
            _name(axes, title, "normalised score τ", "share of runs above τ")
    for axes in panels.flat:
        axes.set_ylim(0, 1.03)
    for axes in panels[:, -1]:  # both panels of a row have the same agents and lines
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), fontsize=8)
    if _few(told):
        wide = "those that cover most of a panel are left out"
        figure.supxlabel(f"bands: pointwise 95 %, {METHODS['c']}; {wide}", fontsize=9)
    return figure


def _few(agents: Sized) -> bool:
    """Whether bands and single runs of so many agents in a panel can be told apart."""
    return len(agents) <= _MANY


def seen(span: tuple[float, float], scores: Floats) -> tuple[float, float]:
    """What of a span is shown: a part with all runs where they are in less than a quarter of it."""
    low, high = float(scores.min()), float(scores.max())
    whole = span[1] - span[0]
    if high - low >= whole / 4:
        return span[0] - whole / 40, span[1] + whole / 40
    room = max((high - low) / 4, whole / 40)
    return low - room, high + room


def _profile(
    axes: Axes,
    sample: Sample,
    span: tuple[float, float],
    label: str,
    colour: tuple[float, ...],
    *,
    banded: bool,
) -> None:
    taus = np.linspace(*span, _DOTS)
    shares, (low, high) = measures.profile(sample, taus)
    if banded:
        _band(axes, taus, np.stack([low, high], axis=-1), colour, room=1.0)
    axes.plot(taus, shares, color=colour, linewidth=2, label=label, zorder=4)


def _levels(axes: Axes, held: Anchors, *, vertical: bool) -> None:
    """Lines at random, solved and the optimum."""
    levels = {
        "random": (held.random, "--"),
        "solved": (held.solved if held.solved_is_score else None, ":"),
        "optimum": (held.best if held.is_optimum else None, "-."),
    }
    for name, (level, style) in levels.items():
        if level is not None:
            draw_line = axes.axvline if vertical else axes.axhline
            draw_line(level, color="black", linestyle=style, linewidth=1, label=name)


def _name(axes: Axes, title: str, x: str, y: str) -> None:
    axes.set_title(title, fontsize=10)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.3)
