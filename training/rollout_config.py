"""The settings that the pools and workers of a training have in common."""

from dataclasses import dataclass
from typing import Any

from agents.agent import Agent
from envs.faults import Place
from envs.sources import EnvSource, configured, label
from training.faults import FaultConfig


@dataclass(frozen=True, kw_only=True)
class RolloutConfig:
    """Which agent acts in which environments: pools and workers are made from it.

    Attributes:
        env: The environment.
        agent: The agent.
        seed: The training's seed.
        num_envs: Number of environments.
        faults: What becomes of failing environments and workers.
    """

    env: EnvSource
    agent: Agent
    seed: int = 0
    num_envs: int = 16
    faults: FaultConfig = FaultConfig()

    @property
    def modules(self) -> set[str]:
        """The modules that a worker has to import: of agent, environment and wrappers."""
        env = label(self.env).rpartition(":")[0]
        wrappers = (path.partition(":")[0] for path in configured(self.env).options.wrappers)
        return {self.agent.module, *([env] if env else []), *wrappers}

    def worker(self, block: range, known_hangs: set[Place]) -> dict[str, Any]:
        """The arguments of a `RolloutWorker` that do not depend on its pool.

        Args:
            block: Numbers of the environments that the worker steps.
            known_hangs: Calls that are known to hang.
        """
        return {
            "env": self.env,
            "agent": self.agent,
            "seed": self.seed,
            "num_envs": self.num_envs,
            "block": block,
            "on_fault": self.faults.on_fault,
            "known_hangs": frozenset(known_hangs),
        }
