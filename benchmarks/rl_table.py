"""Every agent on classic control, beside Stable-Baselines3: docs/agents.md and the README's table.

    python -m benchmarks.rl_table [--seeds 0-9] [--hours 9] [--jobs 2] [--agents DQN,QR-DQN]
        [--table-only] [--verify N]

Seed by seed each agent learns each environment, within the budgets of Stable-Baselines3's zoo
(PQN, which keeps no transitions, has CleanRL's 500,000 steps), as a user's command with
`--workers 0`. Stable-Baselines3's DQN and QR-DQN have the zoo's settings and the same seeds. What
is there already, or kept in the repository (`benchmarks/kept`), is not run again, so the same
command continues, and `--hours` says when no more runs begin; the table names what it lacks.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks import table_runs
from benchmarks.race import RIVAL_PYTHON, RIVALS
from benchmarks.results import HERE
from launch.commands.flags import seeds
from launch.run_folder import result

RUNS = HERE.parent / "runs" / "rl_table"
STEPS = {
    "CartPole-v1": 50_000,
    "Acrobot-v1": 100_000,
    "MountainCar-v0": 120_000,
    "LunarLander-v3": 100_000,
}
"""Environments, with the zoo's budgets in environment steps."""
_DQN = {
    "CartPole-v1": "dqn_cartpole",
    "Acrobot-v1": "dqn_acrobot",
    "MountainCar-v0": "dqn_mountaincar",
    "LunarLander-v3": "dqn_lunarlander",
}
_RETURNS = {  # the least and the greatest discounted return of each
    "CartPole-v1": ("0", "200"),
    "Acrobot-v1": ("-100", "0"),
    "MountainCar-v0": ("-130", "0"),
    "LunarLander-v3": ("-300", "300"),
}
_OWN = {  # experiments with settings of their own
    ("C51", "CartPole-v1"): "c51_cartpole",
    ("QR-DQN", "CartPole-v1"): "qrdqn_cartpole",
    ("QR-DQN", "LunarLander-v3"): "qrdqn_lunarlander",
    ("IQN", "CartPole-v1"): "iqn_cartpole",
    ("Munchausen", "CartPole-v1"): "munchausen_cartpole",
    ("Rainbow", "CartPole-v1"): "rainbow_cartpole",
    ("Rainbow", "LunarLander-v3"): "rainbow_lunarlander",
}
_PARTS = {
    "DQN": (),
    "Double": ("--agent.double",),
    "prioritised": ("--agent.priority.exponent", "0.6"),
    "noisy": ("--agent.noisy", "head"),
    "Munchausen": (
        *("--agent.munchausen.scale", "0.9", "--agent.n-step", "1"),
        *("--agent.no-double",),
    ),
    "C51": ("--agent.distribution.kind", "c51"),
    "QR-DQN": ("--agent.distribution.kind", "qr"),
    "IQN": ("--agent.distribution.kind", "iqn", "--agent.distribution.quantiles", "8"),
    "Rainbow": (
        *("--agent.double", "--agent.dueling", "--agent.noisy", "head", "--agent.n-step", "3"),
        *("--agent.priority.exponent", "0.5", "--agent.distribution.kind", "c51"),
    ),
}
_OTHERS = {"PQN": "pqn", "R2D2": "r2d2", "Bootstrapped": "bootstrapped_cartpole"}
_PQN_STEPS = 500_000
OURS = (*_PARTS, *_OTHERS)
RIVALS_NAMES = {"SB3 DQN": "dqn", "SB3 QR-DQN": "qrdqn"}


class Scores(NamedTuple):
    """The mean return of a run's last weights and of the policy it kept, and its core seconds.

    Where no policy is kept, or the seconds were not measured, these are None.
    """

    final: float
    kept: float | None
    core_seconds: float | None


class Cell(table_runs.Cell):
    """A run of ours, or one of Stable-Baselines3's."""

    @property
    def place(self) -> Path:
        """Our run's folder, or the rival's result without its suffix."""
        row = self.agent.lower().replace(" ", "_")
        return self.runs / self.env / row / f"seed_{self.seed}"

    @property
    def kept(self) -> Path:
        return self.place.with_suffix(".json") if self.agent in RIVALS_NAMES else self.place

    @property
    def done(self) -> bool:
        """Whether it has a result."""
        if self.agent in RIVALS_NAMES:
            return self.kept.exists()
        return super().done

    def words(self) -> Iterator[str]:
        return command(self.agent, self.env)

    def _run(self) -> str:
        return self._run_theirs() if self.agent in RIVALS_NAMES else super()._run()

    def _run_theirs(self) -> str:
        task = ("--agent", RIVALS_NAMES[self.agent], "--env", self.env, "--seed", str(self.seed))
        done = subprocess.run(
            [RIVAL_PYTHON, str(RIVALS / "sb3_zoo.py"), *task], capture_output=True, text=True
        )
        if done.returncode:
            return f"failed: {done.stderr.strip()[-300:]}"
        self.kept.parent.mkdir(parents=True, exist_ok=True)
        self.kept.write_text(done.stdout.strip().splitlines()[-1] + "\n")
        return ""

    def scores(self) -> Scores:
        """What it came to; the core seconds of Stable-Baselines3 are of the training alone."""
        if self.agent in RIVALS_NAMES:
            told = json.loads(self.kept.read_text())
            return Scores(told["final"], None, told.get("core_seconds"))
        found = result.read(self.place)
        assert found.claim.final is not None
        return Scores(found.claim.final, found.claim.ours, self.core_seconds)


def steps_of(agent: str, env: str) -> int:
    """The environment steps that an agent has in an environment."""
    return _PQN_STEPS if agent == "PQN" else STEPS[env]


def command(agent: str, env: str) -> Iterator[str]:
    """Our command of an agent on an environment: the experiment and its flags."""
    if agent in _OTHERS:
        yield from (_OTHERS[agent], "--env", env, "--env-steps", str(steps_of(agent, env)))
        return
    own = _OWN.get((agent, env))
    yield own or _DQN[env]
    yield from ("--env-steps", str(STEPS[env]))
    if own is None:
        yield from _PARTS[agent]
        if agent in ("C51", "Rainbow"):
            low, high = _RETURNS[env]
            yield from ("--agent.distribution.low", low, "--agent.distribution.high", high)


def cells(numbers: Sequence[int]) -> list[Cell]:
    """All runs of the table, in the order in which they are made."""
    return [
        Cell(agent=agent, env=env, seed=seed, runs=RUNS)
        for seed in numbers
        for env in STEPS
        for agent in (*OURS, *RIVALS_NAMES)
    ]


def main(arguments: Sequence[str]) -> None:
    """Makes the runs that are not there, and then the table."""
    parser = table_runs.flags(__doc__, "0-9")
    table_runs.add_choice(parser, "--agents", (*OURS, *RIVALS_NAMES))
    table_runs.add_choice(parser, "--envs", tuple(STEPS))
    given = parser.parse_args(arguments)
    numbers = seeds(given.seeds)
    asked = [c for c in cells(numbers) if c.agent in given.agents and c.env in given.envs]
    table_runs.make("rl_table", asked, given)
    if given.verify is None:
        from benchmarks import rl_table_page

        rl_table_page.write(cells(numbers))


if __name__ == "__main__":
    main(sys.argv[1:])
