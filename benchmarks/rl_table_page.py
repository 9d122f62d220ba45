"""Writes docs/agents.md and the README's table from the runs of benchmarks/rl_table.py."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks import results, table_runs
from benchmarks.results import HERE, table
from benchmarks.rl_table import OURS, RIVALS_NAMES, RUNS, STEPS, Cell, Scores, command, steps_of
from launch.reports.compared import anchors, comparison, found, measures, pages, pictures
from launch.reports.compared.anchors import Anchors
from launch.reports.compared.measures import METHODS, Measure
from launch.reports.finding import tell

PAGE = HERE.parent / "docs" / "agents.md"
PICTURES = HERE.parent / "docs" / "images"
README = HERE.parent / "README.md"
_Scores = Mapping[tuple[str, str], Sequence[Scores]]


def write(asked: Sequence[Cell]) -> None:
    """Writes page, pictures and the README's table.

    Args:
        asked: All runs of the table; those that are not there are named.

    Raises:
        SystemExit: None of ours is there.
    """
    done = [cell for cell in asked if cell.done]
    ours = [cell for cell in done if cell.agent in OURS]
    runs, left_out = found.find([f"{cell.agent}={cell.place}" for cell in ours])
    tell(left_out)
    if not runs:
        raise SystemExit(f"error: no finished run below {RUNS} that can be read")
    held = {env: anchors.of([r for r in runs if r.environment == env], None) for env in _envs(ours)}
    scores = {
        (agent, env): [c.scores() for c in done if (c.agent, c.env) == (agent, env)]
        for agent in (*OURS, *RIVALS_NAMES)
        for env in held
    }
    parts = [_head(asked, done)]
    parts += [_environment(env, held[env], scores) for env in held]
    compared = comparison.compare(runs, [])
    parts.append(_pictures(compared))
    parts.append(_commands(held))
    PAGE.write_text("\n\n".join(part.strip() for part in parts) + "\n")
    _into_readme(held, scores)
    print(f"{PAGE} and the table of {README}: {len(done)} of {len(asked)} runs")


def _envs(cells: Sequence[Cell]) -> list[str]:
    there = {cell.env for cell in cells}
    return [env for env in STEPS if env in there]


def _head(asked: Sequence[Cell], done: Sequence[Cell]) -> str:
    seeds = sorted({cell.seed for cell in asked})
    lacking = [cell for cell in asked if cell not in done]
    methods = "; ".join(f"{letter}: {text}" for letter, text in METHODS.items())
    there = {(cell.agent, cell.env) for cell in done}
    every = dict.fromkeys((cell.agent, cell.env) for cell in asked)
    none = [f"{agent} on {env}" for agent, env in every if (agent, env) not in there]
    cut = f"{len(lacking)} of {len(asked)} runs were not made yet: *runs* says how many a row is of"
    cut += f"; none is there of {', '.join(none)}." if none else "."
    return f"""# Every agent on classic control

`make rl-table` (`python -m benchmarks.rl_table`) makes this page and the README's table: seeds
{seeds[0]} to {seeds[-1]}, the budgets of Stable-Baselines3's zoo, our defaults.
{table_runs.made_with(cell.kept for cell in done)}

*Final* is the greedy mean return of the last weights over 100 fresh episodes, *kept* that of the
policy with the best evaluation, on the same episodes; mean and interquartile mean (IQM) over seeds,
with 95 % intervals whose coverage was simulated ([compare.md](compare.md)), by the methods that
letters name ({methods}); `[-]` where no interval covers with so few seeds, and none of one run.
Core seconds are what a whole command with `--workers 0` takes of the processors (medians; other
work beside it hardly changes them); of Stable-Baselines3 (*SB3*) its training alone. Each part of
DQN stands alone on DQN's settings, which were chosen for DQN: a row is no verdict on the part, but
what its flag does there.

{cut if lacking else "All runs were made."}"""


def _shown(found: Measure, runs: int) -> str:
    """A measure with its interval, which says nothing of one run."""
    return pages.cell(found) if runs > 1 else f"{found.value:.4g}"


def _environment(env: str, held: Anchors, scores: _Scores) -> str:
    rows = []
    means: dict[str, Measure] = {}
    for agent in (*OURS, *RIVALS_NAMES):
        of = scores[agent, env]
        if not of:
            continue
        cost = table_runs.median_cost(each.core_seconds for each in of)
        final = held.sample(np.array([each.final for each in of]))
        kept = [each.kept for each in of if each.kept is not None]
        means[agent] = measures.mean(final)
        rows.append(
            (
                agent,
                f"{steps_of(agent, env):,}",
                _shown(means[agent], len(of)),
                _shown(measures.iqm(final), len(of)),
                f"{min(each.final for each in of):.4g}",
                _shown(measures.mean(held.sample(np.array(kept))), len(of)) if kept else "-",
                "-" if cost is None else f"{cost:.0f}",
                str(len(of)),
            )
        )
    head = ("", "env steps", "final", "final, IQM", "worst", "kept", "core seconds", "runs")
    return f"## {env}\n\n{table(head, rows)}\n\n{_sentence(env, held, means)}"


def _sentence(env: str, held: Anchors, means: Mapping[str, Measure]) -> str:
    """What a table shows, in words that follow from it."""
    ours = {agent: found for agent, found in means.items() if agent in OURS}
    best = max(ours, key=lambda agent: ours[agent].value)
    top = ours[best]
    told = f"{best} has the highest final mean of ours, {top.value:.4g}"
    behind = [a for a, each in ours.items() if _below(each, top)]
    if behind:
        told += f"; clearly below it, with intervals that do not meet its own: {', '.join(behind)}"
    elif top.low is not None:
        told += "; no other's interval is clear of its own"
    if held.solved is not None:
        solved = [agent for agent, each in means.items() if each.value >= held.solved]
        mark = f"the mark of a solved {env}, {held.solved:g}"
        told += f". {', '.join(solved) or 'None'} reached {mark}, in the mean"
    told += "".join(f". {each}" for each in _alike(env, list(ours)))
    theirs = [f"{agent} {means[agent].value:.4g}" for agent in RIVALS_NAMES if agent in means]
    if theirs:
        told += f". With the zoo's settings: {' and '.join(theirs)}"
    return f"{told}."


def _alike(env: str, agents: Sequence[str]) -> Iterator[str]:
    """Which agents are the same runs, as their flags change nothing there."""
    by_run: dict[str, list[str]] = {}
    for agent in agents:
        by_run.setdefault(table_runs.run_key(tuple(command(agent, env)), 0), []).append(agent)
    for first, *others in by_run.values():
        if others:
            yield f"{', '.join(others)} is {first} there, whose settings have it already"


def _below(each: Measure, top: Measure) -> bool:
    return each.high is not None and top.low is not None and each.high < top.low


def _pictures(compared: comparison.Comparison) -> str:
    names = {"curves": "Evaluations", "profiles": "Performance profiles"}
    for path in pictures.draw(compared, PICTURES):
        stem = path.stem
        if stem in names:
            path.replace(PICTURES / f"agents_{stem}.png")
        else:
            Path(path).unlink()
    lines = [f"![{text}](images/agents_{name}.png)" for name, text in names.items()]
    drawn = "\n\n".join(lines)
    return f"""## Curves and profiles

Each panel has the means over seeds; intervals and single runs of so many agents would bury them
(`python -m launch compare` draws both for six agents or fewer). A profile is the
share of runs above each score: a line further right is an agent that is better in more runs.

{drawn}"""


def _commands(held: Mapping[str, Anchors]) -> str:
    rows = [
        (agent, env, f"`python -m launch {' '.join(command(agent, env))}`")
        for agent in OURS
        for env in held
    ]
    return f"## Commands\n\n{table(('', '', ''), rows)}"


def _into_readme(held: Mapping[str, Anchors], scores: _Scores) -> None:
    rows = []
    for agent in (*OURS, *RIVALS_NAMES):
        row = [_scored(scores[agent, env]) for env in held]
        if set(row) != {"-"}:
            rows.append((agent, *row))
    counts = sorted({len(of) for of in scores.values() if of})
    over = f"{counts[0]} to {counts[-1]} seeds" if len(counts) > 1 else f"{counts[0]} seeds"
    about = (
        "What the last weights of every agent reach, and the core seconds that it took: means over "
        f"{over}, within the budgets of Stable-Baselines3's zoo (PQN: 500,000 steps). `make "
        "rl-table` makes it, and [docs/agents.md](docs/agents.md), which has intervals, curves, "
        "commands, and what is missing yet."
    )
    filled = textwrap.fill(about, 100, break_on_hyphens=False, break_long_words=False)
    results.put(README, "rl table", f"{filled}\n\n{table(('', *held), rows)}")


def _scored(of: Sequence[Scores]) -> str:
    """The mean of the finals, and the core seconds where they were measured."""
    if not of:
        return "-"
    mean, cost = (
        np.mean([each.final for each in of]),
        table_runs.median_cost(each.core_seconds for each in of),
    )
    return f"{mean:.4g}" + ("" if cost is None else f" ({cost:.0f} s)")
