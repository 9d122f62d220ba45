"""Agents on MinAtar's five games, beside the published DQN: docs/minatar.md.

    python -m benchmarks.minatar_table [--seeds 0-2] [--frames 1000000] [--hours 9] [--jobs 2]
        [--agents DQN,PQN] [--games Breakout,Asterix] [--table-only]

Seed by seed each agent learns each game, as a user's command with `--workers 0`. What is there
already is not run again, so the same command continues, and `--hours` says when no more runs begin.
The page has all runs that are there, of every number of frames, and names what the command lacks.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import table_runs
from benchmarks.results import HERE
from launch.commands.flags import seeds

RUNS = HERE.parent / "runs" / "minatar_table"
AGENTS: Mapping[str, str] = {
    "DQN": "dqn_minatar",
    "Rainbow": "rainbow_minatar",
    "QR-DQN": "qrdqn_minatar",
    "Munchausen": "munchausen_minatar",
    "PQN": "pqn_minatar",
}
"""Rows, and the experiment of each."""
GAMES = ("Asterix", "Breakout", "Freeway", "Seaquest", "SpaceInvaders")


@dataclass(frozen=True, kw_only=True)
class Cell(table_runs.Cell):
    """A run of the table; `env` is the game's name.

    Attributes:
        frames: Its budget.
    """

    frames: int

    @property
    def place(self) -> Path:
        """The run's folder."""
        return RUNS / str(self.frames) / self.env / self.agent.lower() / f"seed_{self.seed}"

    def words(self) -> Iterator[str]:
        yield AGENTS[self.agent]
        yield from ("--env", f"MinAtar/{self.env}-v1", "--env-steps", str(self.frames))


def there() -> list[Cell]:
    """All runs that have a result, of every number of frames."""
    names = {agent.lower(): agent for agent in AGENTS}
    found = []
    for place in RUNS.glob("*/*/*/seed_*"):
        frames, game, agent, seed = place.relative_to(RUNS).parts
        cell = Cell(
            agent=names[agent], env=game, seed=int(seed.removeprefix("seed_")), frames=int(frames)
        )
        if cell.done:
            found.append(cell)
    order = list(AGENTS)
    return sorted(found, key=lambda c: (c.frames, c.env, order.index(c.agent), c.seed))


def _names(text: str, known: Sequence[str]) -> list[str]:
    """Names of a list, parted by commas.

    Raises:
        argparse.ArgumentTypeError: One is not known.
    """
    names = text.split(",")
    for name in names:
        if name not in known:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(known)}")
    return names


def main(arguments: Sequence[str]) -> None:
    """Makes the runs that are not there, and then the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", default="0-2", help="such as 0-2")
    parser.add_argument("--frames", type=int, default=1_000_000, help="environment steps of a run")
    parser.add_argument("--hours", type=float, default=9.0, help="after these no run begins")
    parser.add_argument("--jobs", type=int, default=2, help="runs at once")
    parser.add_argument("--table-only", action="store_true", help="make no runs")
    for flag, known in (("--agents", tuple(AGENTS)), ("--games", GAMES)):
        parser.add_argument(
            flag,
            type=lambda text, known=known: _names(text, known),
            default=list(known),
            help=f"some of {','.join(known)}",
        )
    given = parser.parse_args(arguments)
    asked = [
        Cell(agent=agent, env=game, seed=seed, frames=given.frames)
        for seed in seeds(given.seeds)
        for game in given.games
        for agent in given.agents
    ]
    if not given.table_only:
        table_runs.make(asked, hours=given.hours, jobs=given.jobs)
    from benchmarks import minatar_table_page

    minatar_table_page.write(there(), lacking=[cell for cell in asked if not cell.done])


if __name__ == "__main__":
    main(sys.argv[1:])
