"""Writes docs/minatar.md and its picture from the runs of benchmarks/minatar_table.py."""

import statistics
from collections.abc import Callable, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks import table_runs
from benchmarks.minatar_table import AGENTS, GAMES, RUNS, Cell
from benchmarks.results import HERE, table
from launch.reports.compared import found
from launch.reports.compared.found import Run
from launch.reports.intervals import METHOD, NARROW, half_width, mean_and_interval

PAGE = HERE.parent / "docs" / "minatar.md"
PICTURE = HERE.parent / "docs" / "images" / "minatar_curves.png"
_PUBLISHED = {"Asterix": 17.0, "Breakout": 10.0, "Freeway": 50.0, "SpaceInvaders": 43.0}
"""Training return of Young and Tian's DQN at 5 million frames, read off their plot."""
_THEIRS = "Young and Tian's DQN, 5,000,000 frames"
_COLOURS = colormaps["tab10"]
_ACROSS = 4  # panels
_Runs = dict[tuple[int, str, str], list[Run]]
_Costs = dict[tuple[int, str, str], list[float]]


def write(done: Sequence[Cell], *, lacking: Sequence[Cell]) -> None:
    """Writes page and picture.

    Args:
        done: All runs that are there.
        lacking: Runs that were asked for and are not there; the page names them.

    Raises:
        SystemExit: There are no runs.
    """
    if not done:
        raise SystemExit(f"error: no finished run below {RUNS}")
    runs: _Runs = {}
    costs: _Costs = {}
    for cell in done:
        (run,), _ = found.find([f"{cell.agent}={cell.place}"])
        key = (cell.frames, cell.agent, cell.env)
        runs.setdefault(key, []).append(run)
        if (seconds := cell.core_seconds) is not None:
            costs.setdefault(key, []).append(seconds)
    budgets = sorted({frames for frames, _, _ in runs})
    parts = [_head(done, lacking, runs), *(_budget(frames, runs, costs) for frames in budgets)]
    _draw(runs, budgets).savefig(PICTURE, dpi=80)
    parts += [_curves(), _commands(runs, budgets)]
    PAGE.write_text("\n\n".join(part.strip() for part in parts) + "\n")
    print(f"{PAGE}, {PICTURE}: {len(done)} runs")


def _head(done: Sequence[Cell], lacking: Sequence[Cell], runs: _Runs) -> str:
    cut = (
        f"{len(lacking)} runs that were asked for were not made yet: *runs* says how many a "
        "cell is a mean of, and a cell of fewer than others of its row says so itself."
    )
    many = any(len(of) > 2 for of in runs.values())
    about = f"{METHOD}. {NARROW}"
    return f"""# MinAtar

`make minatar-table` (`python -m benchmarks.minatar_table`) makes this page and its picture.
{table_runs.made_with(cell.place for cell in done)}

The games are our own dynamics, equal to the package's draw by draw: version 1 of the ids, whose
actions are the minimal ones, sticky actions of 0.1, difficulty ramping, 5,000 steps at most.
*Training* is the mean return of a run's last 100 episodes, with its exploration; *evaluation* the
greedy mean return of the last weights over 100 fresh episodes.
{about if many else "Intervals are given from three runs on."}

Young and Tian (2019) published curves and no table: their row is read off a plot, to some 3 %, is
of DQN's training return after 5 million frames and over 30 seeds, and of the full set of six
actions. Their Seaquest had a bug that was mended later. Where our rows have fewer frames they are
beside another budget.

{cut if lacking else "All runs that were asked for were made."}"""


def _training(run: Run) -> float:
    value = run.result.training_return_last_100
    assert value is not None
    return value


def _evaluation(run: Run) -> float:
    return run.score("final")


def _played(frames: int, runs: _Runs) -> tuple[list[str], list[str]]:
    """The agents and the games of which there is a run of a budget."""
    there = [(agent, game) for of, agent, game in runs if of == frames]
    agents, games = ({each[place] for each in there} for place in (0, 1))
    return [a for a in AGENTS if a in agents], [g for g in GAMES if g in games]


def _budget(frames: int, runs: _Runs, costs: _Costs) -> str:
    agents, games = _played(frames, runs)
    parts = [f"## {frames:,} frames"]
    scores = {"Training": _training, "Evaluation": _evaluation}
    parts += [f"{name}:\n\n{_scores(frames, runs, score)}" for name, score in scores.items()]
    seconds = [
        (
            agent,
            *(
                f"{statistics.median(of):,.0f}" if of else "-"
                for of in (costs.get((frames, agent, game), []) for game in games)
            ),
        )
        for agent in agents
    ]
    told = "Core seconds: what a whole command takes of the processors, medians:"
    parts.append(f"{told}\n\n{table(('', *games), seconds)}")
    parts.append(_sentence(frames, runs))
    return "\n\n".join(parts)


def _scores(frames: int, runs: _Runs, score: Callable[[Run], float]) -> str:
    rows, (agents, games) = [], _played(frames, runs)
    for agent in agents:
        cells = [runs.get((frames, agent, game), []) for game in games]
        most = max(map(len, cells))
        rows.append((agent, *(_cell([score(run) for run in of], most) for of in cells), str(most)))
    if score is _training:
        published = (f"{_PUBLISHED[game]:g}" if game in _PUBLISHED else "-" for game in games)
        rows.append((_THEIRS, *published, "30"))
    return table(("", *games, "runs"), rows)


def _cell(scores: Sequence[float], most: int) -> str:
    """A mean with its interval, and of how many runs it is where these are fewer than most."""
    if not scores:
        return "-"
    few = f" ({len(scores)} run{'s' * (len(scores) > 1)})" if len(scores) < most else ""
    return f"{mean_and_interval(scores)}{few}"


def _sentence(frames: int, runs: _Runs) -> str:
    """Where our agents' mean training return over their runs is above the published one."""
    told = []
    for agent in AGENTS:
        means = {
            game: float(np.mean([_training(run) for run in of]))
            for game in _PUBLISHED
            if (of := runs.get((frames, agent, game)))
        }
        ahead = [game for game, mean in means.items() if mean > _PUBLISHED[game]]
        if means:
            names = f" ({', '.join(ahead)})" if ahead else ""
            told.append(f"{agent} in {len(ahead)} of {len(means)}{names}")
    return f"In the mean over their runs above Young and Tian's training return: {'; '.join(told)}."


def _draw(runs: _Runs, budgets: Sequence[int]) -> Figure:
    """A panel for each budget and game."""
    every = [(frames, game) for frames in budgets for game in _played(frames, runs)[1]]
    height = -(-len(every) // _ACROSS)
    figure = Figure(figsize=(3.6 * _ACROSS, 3.2 * height), layout="constrained")
    panels = figure.subplots(height, _ACROSS, squeeze=False)
    for axes in panels.flat[len(every) :]:
        axes.set_visible(False)
    for axes, (frames, game) in zip(panels.flat, every, strict=False):
        for number, agent in enumerate(AGENTS):
            if of := runs.get((frames, agent, game)):
                _curve(axes, agent, of, _COLOURS(number))
        if game in _PUBLISHED:
            level = _PUBLISHED[game]
            axes.axhline(level, color="grey", linestyle=":", label="Young and Tian, 5M frames")
        axes.set_title(f"{game}, {frames / 1e6:g}M frames", fontsize=11)
        axes.set_xlabel("million frames", fontsize=9)
        axes.set_ylabel("return of an evaluation", fontsize=9)
        axes.xaxis.set_major_formatter(lambda steps, _: f"{steps / 1e6:g}")
        axes.tick_params(labelsize=8)
    handles = {
        label: handle
        for axes in panels.flat
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=len(handles))
    return figure


def _curve(axes: Axes, agent: str, runs: Sequence[Run], colour: tuple[float, ...]) -> None:
    """The mean evaluation over seeds, with its interval at each point."""
    returns = [dict(run.evaluations[:, [0, 2]].tolist()) for run in runs]
    steps = sorted(set.intersection(*(set(each) for each in returns)))
    values = [[each[step] for each in returns] for step in steps]
    means = np.array([np.mean(at) for at in values])
    halves = np.array([half_width(at) for at in values], np.float64)  # nan where None
    axes.fill_between(steps, means - halves, means + halves, color=colour, alpha=0.2, linewidth=0)
    axes.plot(steps, means, "o-", color=colour, linewidth=1.5, markersize=3, label=agent)


def _curves() -> str:
    return f"""## Curves

Greedy evaluations of the newest weights through training: mean over seeds, with Student's 95 %
interval at each point where there are three seeds. Dotted: the published training return.

![Evaluations of five agents on MinAtar](images/{PICTURE.name})"""


def _commands(runs: _Runs, budgets: Sequence[int]) -> str:
    rows = [
        (
            agent,
            f"`python -m launch {AGENTS[agent]} --env MinAtar/Breakout-v1 --env-steps {frames}`",
        )
        for frames in budgets
        for agent in _played(frames, runs)[0]
    ]
    return f"## Commands\n\nOn one game; the others by `--env`.\n\n{table(('', ''), rows)}"
