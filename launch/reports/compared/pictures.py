"""Pictures of compared agents: curves with bands, measures with intervals, profiles."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from launch.reports.compared import measures
from launch.reports.compared.anchors import Anchors
from launch.reports.compared.comparison import Comparison, Entry, profile_range
from launch.reports.compared.found import POLICIES
from launch.reports.compared.measures import METHODS, NAMES, Measure, Sample

CURVES, MEASURES, PROFILES = "curves.png", "measures.png", "profiles.png"
"""The names of the pictures."""
_COLOURS = colormaps["tab10"]
_DOTS = 200  # thresholds of a drawn profile
_LONGEST = 38  # letters of an agent's name beside bars
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
    figures = {CURVES: curves, MEASURES: _measures, PROFILES: _profiles}
    paths = []
    for name, of in figures.items():
        paths.append(folder / name)
        of(comparison).savefig(paths[-1], dpi=120)
    return paths


def _colours(comparison: Comparison) -> dict[str, tuple[float, ...]]:
    labels = dict.fromkeys(entry.label for entry in comparison.entries)
    return {label: _COLOURS(number % _COLOURS.N) for number, label in enumerate(labels)}


def curves(comparison: Comparison) -> Figure:
    """A panel for each environment: evaluations during training, over environment steps."""
    names = list(comparison.environments)
    figure = Figure(figsize=(9, 4.5 * len(names)), layout="constrained")
    panels = figure.subplots(len(names), squeeze=False)[:, 0]
    colours = _colours(comparison)
    for axes, name in zip(panels, names, strict=True):
        held = comparison.environments[name]
        for entry in comparison.entries:
            if entry.environment == name:
                _curve(axes, entry, held, colours[entry.label])
        _levels(axes, held, vertical=False)
        unit = "rate of success" if held.is_rate else "return"
        _name(axes, f"{name}: evaluations of the newest weights", "environment steps", unit)
        if held.is_rate:
            axes.set_ylim(0, 1.02)
        axes.legend(fontsize=7, loc="best")
    return figure


def _curve(axes: Axes, entry: Entry, held: Anchors, colour: tuple[float, ...]) -> None:
    """Seeds thin, their mean thick, and its pointwise interval."""
    for run in entry.runs:
        points = run.evaluations[:, [0, 3]].T
        axes.plot(*points, ".-", color=colour, linewidth=0.5, markersize=3, alpha=0.5)
    common = sorted(set.intersection(*(set(run.evaluations[:, 0]) for run in entry.runs)))
    if not common:
        return
    returns = [dict(run.evaluations[:, [0, 3]]) for run in entry.runs]
    found = [
        measures.mean(held.sample(np.array([each[step] for each in returns]))) for step in common
    ]
    limits = np.array([(each.low, each.high) for each in found], np.float64)  # nan where None
    name = f"{entry.label}, mean of {len(entry.runs)}"
    if found[0].method:
        name += f"; pointwise 95 %: {METHODS[found[0].method].partition(' between')[0]}"
        axes.fill_between(common, *limits.T, color=colour, alpha=0.2, linewidth=0)
    means = [each.value for each in found]
    axes.plot(common, means, "o-", color=colour, linewidth=2, markersize=3, label=name)


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
    colours = _colours(comparison)
    for line, (title, held, of) in zip(panels, rows, strict=True):
        for axes, name in zip(line, NAMES, strict=True):
            _bars(axes, of, name, held, colours)
            axes.set_title(f"{title}\n{NAMES[name]}", fontsize=9)
            if axes is not line[0]:
                axes.set_yticklabels([])
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
    axes.set_yticks(range(len(of)), [_cut(label) for label, _ in of], fontsize=7)
    axes.set_ylim(len(of) - 0.5, -0.5)
    axes.tick_params(axis="x", labelsize=7)
    axes.grid(alpha=0.3, axis="x")
    if held is not None and not is_gap:
        _levels(axes, held, vertical=True)


def _profiles(comparison: Comparison) -> Figure:
    """A row for each environment and for all of them, a column for each policy."""
    names = list(comparison.environments)
    count = len(names) + bool(comparison.overall)
    figure = Figure(figsize=(12, 3.8 * count), layout="constrained")
    panels = figure.subplots(count, 2, squeeze=False)
    colours = _colours(comparison)
    for line, name in zip(panels, names, strict=False):
        held = comparison.environments[name]
        entries = [each for each in comparison.entries if each.environment == name]
        scores = [entry.scores[policy] for entry in entries for policy in POLICIES]
        span = profile_range(held, scores)
        for axes, policy in zip(line, POLICIES, strict=True):
            for entry in entries:
                sample = held.sample(entry.scores[policy])
                _profile(axes, sample, span, entry.label, colours[entry.label])
            _levels(axes, held, vertical=True)
            _name(axes, f"{name}, {POLICIES[policy]}", "score τ", "share of runs above τ")
    if comparison.overall:
        for axes, policy in zip(panels[-1], POLICIES, strict=True):
            for each in comparison.overall:
                sample = each.samples[policy]
                _profile(axes, sample, (0.0, 1.0), each.label, colours[each.label])
            title = f"{len(comparison.shared)} environments, {POLICIES[policy]}"
            _name(axes, title, "normalised score τ", "share of runs above τ")
    for axes in panels.flat:
        axes.set_ylim(0, 1.03)
        axes.legend(fontsize=6, loc="lower left")
    figure.supxlabel(f"bands: pointwise 95 %, {METHODS['c']}", fontsize=9)
    return figure


def _profile(
    axes: Axes, sample: Sample, span: tuple[float, float], label: str, colour: tuple[float, ...]
) -> None:
    taus = np.linspace(*span, _DOTS)
    shares, (low, high) = measures.profile(sample, taus)
    axes.plot(taus, shares, color=colour, linewidth=1.5, label=label)
    axes.fill_between(taus, low, high, color=colour, alpha=0.15, linewidth=0)


def _levels(axes: Axes, held: Anchors, *, vertical: bool) -> None:
    """Lines at random, solved and the optimum."""
    levels = {
        "random": (held.random, "--"),
        "solved": (held.solved, ":"),
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


def _cut(label: str) -> str:
    return label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}…"
