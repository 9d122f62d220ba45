"""What single experiments reach: the tables of docs/agents/results.md and the README's figures.

    python -m benchmarks.agents_results [--tables experiments,packages] [--hours 9] [--jobs 2]
        [--table-only] [--verify N]

Each row is an experiment with flags and seeds of its own, made as a user's command with
`--workers 0`. What is there already, or kept in the repository (`benchmarks/kept`), is not run
again, so the same command continues; a table says how many of its runs are there. The text between
the tables is written by hand, and stays.
"""

import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks import results, table_runs
from benchmarks.results import HERE
from launch.commands.flags import PROGRAM, seeds
from launch.reports import comparison, seed_means

RUNS = HERE.parent / "runs" / "agents_results"
DOCS = HERE.parent / "docs"
PAGE = DOCS / "agents" / "results.md"
README = HERE.parent / "README.md"


class Row(NamedTuple):
    """A row of a table: experiment with its flags, and the seeds of its runs."""

    words: str
    seeds: str


_GENERAL = "--agent.learning-rate 5e-4 --agent.discount"
TABLES: Mapping[str, Mapping[str, Row]] = {
    "experiments": {
        "dqn_cartpole": Row("dqn_cartpole", "0-19"),
        "dqn_cartpole_book": Row("dqn_cartpole_book", "0-4"),
        "q_frozenlake": Row("q_frozenlake", "0-4"),
        "q_frozenlake_8x8": Row("q_frozenlake_8x8", "0-4"),
        "qnet_frozenlake_book": Row("qnet_frozenlake_book", "0-4"),
        "qnet_frozenlake": Row("qnet_frozenlake", "0-4"),
        "dqn_lunarlander": Row("dqn_lunarlander --env-steps 200000", "0-9"),
    },
    "others": {
        "cartpole": Row("dqn --env CartPole-v1 --env-steps 50000", "0-9"),
        "acrobot": Row("dqn --env Acrobot-v1 --env-steps 100000", "0-4"),
        "mountaincar": Row("dqn --env MountainCar-v0 --env-steps 120000", "0-4"),
    },
    "tables": {
        "taxi": Row("q --env Taxi-v4 --env-steps 400000 --evaluation.final-episodes 10000", "0-2"),
        "cliff": Row("q --env CliffWalking-v1 --max-episode-steps 1000 --env-steps 100000", "0-2"),
        "slippery_cliff": Row(
            "q --env CliffWalkingSlippery-v1 --max-episode-steps 1000 --env-steps 4000000"
            " --num-envs 256 --evaluation.final-episodes 10000",
            "0-2",
        ),
    },
    "pendulum": {
        "pendulum": Row("dqn --env Pendulum-v1 --env.action-bins 5 --env-steps 30000", "0-2"),
    },
    "packages": {
        "empty": Row(
            f"dqn --env MiniGrid-Empty-5x5-v0 --env-steps 30000 {_GENERAL} 0.99 --agent.n-step 5",
            "0-2",
        ),
        "door": Row(
            f"dqn --env MiniGrid-DoorKey-5x5-v0 --env-steps 150000 {_GENERAL} 0.99"
            " --agent.n-step 5 --agent.epsilon.decay-steps 75000 --agent.replay-capacity 100000"
            " --agent.env-steps-per-update 4 --evaluation.every-env-steps 15000",
            "0-2",
        ),
        "lake": Row(
            "q --env FrozenLake-v1 --env-kwargs is_slippery=False --env-steps 100000", "0-2"
        ),
        "lake_8x8": Row(
            "q --env FrozenLake-v1 --env-kwargs is_slippery=False map_name=8x8 --env-steps 1000000",
            "0-2",
        ),
        "highway": Row(
            f"dqn --env highway-fast-v0 --env-steps 5000 {_GENERAL} 0.9"
            " --agent.epsilon.decay-steps 3000 --evaluation.every-env-steps 2500"
            " --evaluation.episodes 5 --evaluation.final-episodes 40",
            "0-2",
        ),
        "blackjack": Row(
            "q --env Blackjack-v1 --env-steps 1000000 --agent.discount 1"
            " --evaluation.every-env-steps 500000 --evaluation.episodes 10000"
            " --evaluation.final-episodes 100000",
            "0-2",
        ),
    },
}
_PICTURES = {"experiments": "results", "others": "others"}
"""Tables with a picture, and its name in docs/images."""
_LEFT_OUT = ("settings", "worst final", "worst kept", "seconds")
"""Columns of a report: the commands tell the settings, and the intervals end in the worst."""
_FIGURES = ("experiment", "on", "baseline", "optimum", "final", "kept", "runs", "core seconds")


class Cell(table_runs.Cell):
    """A run of a row; `env` is its table, and `agent` its row."""

    @property
    def place(self) -> Path:
        """The run's folder."""
        return self.runs / self.env / self.agent / f"seed_{self.seed}"

    def words(self) -> list[str]:
        return shlex.split(TABLES[self.env][self.agent].words)


def main(arguments: Sequence[str]) -> None:
    """Makes the runs that are not there, and then the tables."""
    parser = table_runs.flags(__doc__, None)
    table_runs.add_choice(parser, "--tables", tuple(TABLES))
    given = parser.parse_args(arguments)
    asked = [
        Cell(agent=row, env=name, seed=seed, runs=RUNS)
        for name in given.tables
        for row, about in TABLES[name].items()
        for seed in seeds(about.seeds)
    ]
    asked.sort(key=lambda cell: cell.seed)
    table_runs.make("agents_results", asked, given)
    if given.verify is None:
        _write(given.tables, [cell for cell in asked if cell.done])


def _write(tables: Sequence[str], done: Sequence[Cell]) -> None:
    """Puts the tables into the page, and the first of them into the README, too."""
    for name in tables:
        rows = list(_rows(name, done))
        shown = comparison.markdown(rows) if rows else "None of these runs was made yet."
        text = f"{shown}\n\nMade by\n\n```\n{_commands(name)}\n```"
        results.put(PAGE, f"table of {name}", text)
        if name == "experiments" and rows:
            short = [{column: row[column] for column in _FIGURES} for row in rows]
            results.put(README, "figures", comparison.markdown(short))
    made = table_runs.made_with(cell.place for cell in done)
    results.put(PAGE, "made with", f"{made}\n\n{seed_means.METHOD}.")
    print(f"{PAGE}: {len(done)} runs")


def _rows(name: str, done: Sequence[Cell]) -> Iterator[Mapping[str, str]]:
    """The rows of a table as text, by column; those without a run are left out."""
    of_row = {row: [c for c in done if (c.env, c.agent) == (name, row)] for row in TABLES[name]}
    there = {row: cells for row, cells in of_row.items() if cells}
    if not there:
        return
    picture = RUNS / f"{name}.png"
    found = comparison.compare([c.place for cells in there.values() for c in cells], picture)
    if name in _PICTURES:
        shutil.copyfile(picture, DOCS / "images" / f"{_PICTURES[name]}.png")
    for (row, cells), texts in zip(there.items(), comparison.columns_of(found), strict=True):
        cost = table_runs.median_cost(cell.core_seconds for cell in cells)
        seconds = "-" if cost is None else f"{cost:.0f}"
        asked = len(seeds(TABLES[name][row].seeds))
        for column in _LEFT_OUT:
            texts.pop(column, None)
        yield {**texts, "runs": f"{len(cells)}/{asked}", "core seconds": seconds}


def _commands(name: str) -> str:
    return "\n".join(
        f"{PROGRAM} {row.words} --workers 0 --seeds {row.seeds}" for row in TABLES[name].values()
    )


if __name__ == "__main__":
    main(sys.argv[1:])
