"""Agents on MinAtar's five games, beside the published DQN: docs/minatar.md.

    python -m benchmarks.minatar_table [--seeds 0-2] [--frames 1000000] [--hours 9] [--jobs 2]
        [--agents DQN,PQN] [--games Breakout,Asterix] [--table-only] [--verify N]

Seed by seed each agent learns each game, as a user's command with `--workers 0`. What is there
already is not run again, so the same command continues, and `--hours` says when no more runs begin.
The page has all runs that are there, of every number of frames, and names what the command lacks.
"""

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
        return self.runs / str(self.frames) / self.env / self.agent.lower() / f"seed_{self.seed}"

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
            agent=names[agent],
            env=game,
            seed=int(seed.removeprefix("seed_")),
            frames=int(frames),
            runs=RUNS,
        )
        if cell.done:
            found.append(cell)
    order = list(AGENTS)
    return sorted(found, key=lambda c: (c.frames, c.env, order.index(c.agent), c.seed))


def main(arguments: Sequence[str]) -> None:
    """Makes the runs that are not there, and then the page."""
    parser = table_runs.flags(__doc__, "0-2")
    parser.add_argument("--frames", type=int, default=1_000_000, help="environment steps of a run")
    table_runs.add_choice(parser, "--agents", tuple(AGENTS))
    table_runs.add_choice(parser, "--games", GAMES)
    given = parser.parse_args(arguments)
    asked = [
        Cell(agent=agent, env=game, seed=seed, frames=given.frames, runs=RUNS)
        for seed in seeds(given.seeds)
        for game in given.games
        for agent in given.agents
    ]
    table_runs.make("minatar_table", asked, given)
    if given.verify is None:
        from benchmarks import minatar_table_page

        minatar_table_page.write(there(), lacking=[cell for cell in asked if not cell.done])


if __name__ == "__main__":
    main(sys.argv[1:])
