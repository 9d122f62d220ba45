"""Actors, agents, learners and pools whose every number can be worked out in the head."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete
from gymnasium.wrappers import TimeLimit

from agents.actor import Actor, ActorOutput
from agents.agent import Agent, Learner
from agents.rollout import Rollout
from common.errors import RunError
from envs.randomness import Purpose
from envs.vector_env import VectorEnv
from tests.envs.toy import Guess
from training.evaluation import EvaluationResult, unwatched
from training.worker import RolloutResult

FOREVER = (10**6, "terminated")


class Scripted(VectorEnv):
    """Shows [environment, episode, step, sum of the episode's actions]; episodes end as told.

    `ends` says of (environment, episode) after how many steps, and whether terminated, truncated or
    dropped. The reward is the action.
    """

    def __init__(self, env_indices: Sequence[int], ends: dict[tuple[int, int], tuple[int, str]]):
        super().__init__(seed=0, purpose=Purpose.EPISODES, env_indices=env_indices)
        self.observation_space = Box(0, 10**9, (4,), np.int64)
        self.action_space = Discrete(10)
        self._ends = ends
        self._steps = np.zeros(self.num_envs, np.int64)
        self._sum = np.zeros(self.num_envs, np.int64)

    def _shown(self, rows):
        numbers = np.array(self._env_indices)[rows]
        return np.stack([numbers, self._episode[rows], self._steps[rows], self._sum[rows]], axis=1)

    def _begin(self, rows):
        self._steps[rows] = self._sum[rows] = 0
        return self._shown(rows)

    def _advance(self, actions, rows):
        self._steps[rows] += 1
        self._sum[rows] += actions
        over: dict[str, list[bool]] = {"terminated": [], "truncated": [], "dropped": []}
        for row in rows.tolist():
            length, how = self._ends.get((self._env_indices[row], int(self._episode[row])), FOREVER)
            for name, flags in over.items():
                flags.append(bool(self._steps[row] == length) and name == how)
        self._dropped.extend(rows[np.array(over["dropped"])].tolist())
        rewards = actions.astype(np.float64)
        terminated, truncated = np.array(over["terminated"]), np.array(over["truncated"])
        return self._shown(rows), rewards, terminated, truncated


class CountingActor(Actor):
    """Remembers how often it acted in an episode, from 100 times the environment's number on.

    The action is the count modulo 10, so that it shows what was remembered; exploring adds to it.
    """

    draws = 1

    def __init__(self, env_indices: Sequence[int]):
        self._start = 100 * np.asarray(env_indices, np.int64)[:, None]  # [B, 1]

    def initial_state(self):
        return {"count": self._start.copy()}

    def exploration(self, env_steps, draws):
        return [1] * len(env_steps)

    def act(self, weights, observations, state, exploration=None):
        count = state["count"]
        actions = ((count[:, 0] + (exploration or 0)) % 10).astype(np.int32)
        return ActorOutput(actions, {"count": count + 1}, {"before": count[:, 0]})


class MixingActor(Actor):
    """Remembers a number that all it saw, drew and did went into: any slip changes every bit."""

    draws = 3

    def __init__(self, env_indices: Sequence[int], actions: int):
        self._env_indices, self._actions = np.asarray(env_indices), actions

    def initial_state(self):
        return {"mixed": np.sin(self._env_indices + 1.0)[:, None]}

    def exploration(self, env_steps, draws):
        return list(zip(env_steps, draws, strict=True))

    def act(self, weights, observations, state, exploration=None):
        taken, draws = (0, np.zeros((3, len(observations)))) if exploration is None else exploration
        seen = observations.reshape(len(observations), -1).astype(np.float64).sum(axis=1)  # [B]
        mixed = np.sin(3 * state["mixed"][:, 0] + seen + draws.sum(axis=0) + weights["w"])
        actions = (np.floor(1000 * np.abs(mixed)) % self._actions).astype(np.int32)
        extras = {
            "draws": draws.T,
            "taken": np.full(len(seen), taken),
            "mixed": state["mixed"][:, 0],
        }
        return ActorOutput(actions, {"mixed": mixed[:, None]}, extras)


class CountingLearner(Learner):
    """Its only weight is the number of iterations learned; an iteration makes ten updates."""

    def __init__(self, diverges_in: int | None = None, seconds: float = 0.0):
        self.iterations, self.updates = 0, 0
        self.learned: list[np.ndarray] = []
        self.closed = False
        self._diverges_in, self._seconds = diverges_in, seconds

    def learn(self, rollout: Rollout) -> dict[str, float]:
        time.sleep(self._seconds)
        if self.iterations == self._diverges_in:
            raise ArithmeticError("it diverged")
        self.learned.append(rollout.s_tm1)
        self.iterations += 1
        self.updates += 10
        return {"loss": 1.0 / self.iterations}

    def weights(self):
        return {"iterations": np.array(self.iterations)}

    def evaluated_weights(self):
        return {"iterations": np.array(self.iterations)}

    def get_state(self):
        return {"iterations": self.iterations, "updates": self.updates}

    def set_state(self, state):
        self.iterations, self.updates = state["iterations"], state["updates"]

    def close(self):
        self.closed = True


@dataclass(frozen=True, kw_only=True)
class CountingAgent(Agent):
    """Explores as much as there were environment steps."""

    def actor(self, observation_space, action_space, env_indices):
        return CountingActor(env_indices)

    def learner(self, observation_space, action_space, **options):
        return CountingLearner()

    def exploration(self, env_steps: int) -> dict[str, float]:
        return {"taken": float(env_steps)}


@dataclass(frozen=True, kw_only=True)
class MixingAgent(CountingAgent):
    """Its actor remembers."""

    lags: ClassVar[tuple[int, ...]] = (0,)

    def actor(self, observation_space, action_space, env_indices):
        return MixingActor(env_indices, int(action_space.n))


class FakePool:
    """Answers every iteration with rewards of 1, observations that are the step's number, no end.

    Attributes:
        calls: Of `begin` and `end`, in their order.
    """

    def __init__(
        self, num_envs: int, *, answered: bool = True, fails_at: int | None = None, ends: int = 0
    ):
        self.restarts, self.closed = 0, False
        self.calls: list[tuple[Any, ...]] = []
        self.plans: list[tuple[Any, Any]] = []
        self.means: list[float] = []
        self._num_envs, self._answered, self._fails_at, self._ends = (
            num_envs,
            answered,
            fails_at,
            ends,
        )
        self._begun: list[tuple[int, int]] = []
        self._episodes = np.zeros(num_envs, np.int64)

    def wait_until_ready(self):
        pass

    def begin(self, weights, first_step, steps):
        self.calls.append(("begin", int(weights["iterations"]), first_step, steps))
        if first_step == self._fails_at:
            raise RunError("no workers")
        self._begun.append((first_step, steps))

    def answered(self):
        return self._answered

    def fetch(self, over: Callable[[], bool]):
        while not self._answered and not over():
            time.sleep(0.0001)

    def end(self) -> RolloutResult:
        first_step, steps = self._begun.pop(0)
        self.calls.append(("end", first_step, steps))
        return played(
            np.broadcast_to(first_step + np.arange(steps)[:, None], (steps, self._num_envs)),
            episodes=self._episodes,
        )

    def evaluate(self, evaluation, weights, watch=unwatched) -> EvaluationResult:
        watch(0, 0)
        self.plans.append((evaluation, weights))
        mean = self.means.pop(0) if self.means else 0.0
        return EvaluationResult(returns=[mean - 1, mean + 1], faults=())

    def close(self):
        self.closed = True


def played(numbers: np.ndarray, *, episodes: np.ndarray, state: Any = None) -> RolloutResult:
    """An iteration of endless episodes with the reward 1, which shows [T, B] numbers."""
    never = np.zeros(numbers.shape, np.bool_)
    rollout = Rollout(
        s_tm1=numbers,
        a_tm1=np.zeros(numbers.shape, np.int32),
        r_t=np.ones(numbers.shape),
        terminated_t=never,
        truncated_t=never,
        s_t=numbers + 1,
        dropped_t=never,
    )
    return RolloutResult(
        rollout=rollout, episodes=episodes, state=state or {}, faults=(), remarks=()
    )


class StubTraining:
    """What callbacks ask of a training, set by hand."""

    def __init__(self, pool: Any, *, env: Any = "tests.envs.toy:Guess-v0", random: bool = False):
        self.pool, self.env, self.seed = pool, env, 7
        self.agent = SimpleNamespace(acts_randomly=random)
        self.learner = SimpleNamespace(updates=0, evaluated_weights=self._newest)
        self.episodes = SimpleNamespace(dropped=0)
        self.env_steps, self.kept, self.stops = 0, None, 0
        self.interrupted, self.was_interrupted = lambda: False, False
        self.told: list[tuple[str, Any]] = []

    def _newest(self):
        return {"made_at": np.array(self.env_steps)}

    @property
    def kept_weights(self):
        return self.kept.weights if self.kept else self._newest()

    @property
    def kept_from(self):
        return self.kept.env_steps if self.kept else self.env_steps

    def stop(self, status="finished"):
        self.stops += 1

    def interrupt(self):
        self.was_interrupted = True

    def tell(self, event, *details):
        self.told.append((event, *details))


def ten_actions() -> gymnasium.Env:
    """Guess of the toys with ten actions, as many as `CountingActor` has."""
    env = Guess()
    env.action_space = Discrete(10)
    return TimeLimit(env, 10)
