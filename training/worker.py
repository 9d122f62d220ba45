"""The rollout worker: a block of environments and their actor, without TensorFlow."""

import itertools
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from agents.actor import ActorError, State
from agents.agent import Agent
from agents.rollout import Rollout
from agents.weights import Weights
from envs import registry
from envs.faults import Fault, Guard, OnFault, Place
from envs.randomness import Purpose, derive, uniform
from envs.sources import EnvSource
from training.evaluation import Evaluated, Evaluation, evaluate_policy
from training.unroll import Positions, Stepped, Unroll


@dataclass(frozen=True, kw_only=True)
class Played:
    """What B environments did in one iteration.

    Attributes:
        rollout: Their steps.
        episodes: [B] number of the episode that each environment is in after the iteration.
        state: What the actor remembers of each environment after the iteration.
        faults: Environments that failed in the iteration, or in the reset before the first one, and
            whose episodes were dropped.
    """

    rollout: Rollout
    episodes: npt.NDArray[np.int64]
    state: State
    faults: tuple[Fault, ...]

    @classmethod
    def merge(cls, parts: Sequence["Played"]) -> "Played":
        """Joins the blocks of several workers, in the order of the environments."""
        names = parts[0].state
        return cls(
            rollout=Rollout.merge([part.rollout for part in parts]),
            episodes=np.concatenate([part.episodes for part in parts]),
            state={name: np.concatenate([part.state[name] for part in parts]) for name in names},
            faults=tuple(itertools.chain(*(part.faults for part in parts))),
        )


class RolloutWorker:
    """Steps a block of the run's environments under given weights."""

    def __init__(
        self,
        *,
        env: EnvSource,
        agent: Agent,
        seed: int,
        num_envs: int,
        block: range,
        positions: Positions | None,
        hide_gpus: bool,
        on_fault: OnFault = "fail",
        doomed: Collection[Place] = (),
    ):
        """Prepares a worker; its environments are made by the first call that needs them.

        Not here, because Ray constructs an actor in another thread than the one that all its calls
        share, and some environments must be stepped by the thread that made them.

        Args:
            env: The environment.
            agent: The agent.
            seed: The run's seed.
            num_envs: Number of environments of the whole run.
            block: Numbers of the environments that this worker steps.
            positions: Their positions to start from; None starts their first episodes.
            hide_gpus: Whether this process must not see a GPU: Ray leaves them visible to actors
                that reserved none.
            on_fault: What becomes of an episode whose environment fails.
            doomed: Calls known to hang.
        """
        if hide_gpus:
            os.environ["CUDA_VISIBLE_DEVICES"] = ""
        # One BLAS thread: more of them cost more than these products, and may round differently.
        threadpool_limits(1, user_api="blas")
        self._env, self._agent, self._seed = env, agent, seed
        self._num_envs, self._block, self._positions = num_envs, block, positions
        self._guard = Guard(on_fault, doomed)
        self._exploration_keys = derive(seed, Purpose.EXPLORATION, np.asarray(block))  # [B]
        self._unroll: Unroll | None = None

    def ready(self) -> int:
        """Answers with the process id once the streams stand."""
        self._standing()
        return os.getpid()

    def go_to(self, positions: Positions) -> None:
        """Has the streams stand elsewhere from the next call on."""
        self.close()
        self._unroll, self._positions = None, positions

    def under_way(self) -> tuple[Place, float] | None:
        """The environment call under way and its age in seconds, or None."""
        return self._guard.under_way()

    def _standing(self) -> Unroll:
        """The streams, started or restored by the first call."""
        if self._unroll is None:
            envs = registry.make(
                self._env,
                seed=self._seed,
                purpose=Purpose.EPISODES,
                env_indices=self._block,
                guard=self._guard,
            )
            actor = self._agent.actor(envs.observation_space, envs.action_space, self._block)
            unroll = Unroll(envs, actor)
            if self._positions is None:
                unroll.start()
            else:
                unroll.restore(self._positions)
            self._unroll = unroll
        return self._unroll

    def rollout(self, weights: Weights, first_step: int, steps: int) -> Played:
        """Takes some steps in every environment of the block.

        Args:
            weights: What the actor acts with.
            first_step: Steps taken in each environment before this rollout.
            steps: Steps T to take in each environment.
        """
        unroll = self._standing()
        draws = unroll.actor.draws
        counters = np.arange(first_step * draws, (first_step + steps) * draws)
        drawn = uniform(self._exploration_keys, counters[:, None])  # [T * draws, B]
        taken = (first_step + np.arange(steps)) * self._num_envs  # [T] env steps before each
        explorations = unroll.actor.exploration(
            taken, drawn.reshape(steps, draws, len(self._block))
        )
        if len(explorations) != steps:
            raise ActorError(
                f"the actor's exploration has {len(explorations)} steps, expected {steps}"
            )
        return Played(
            rollout=_stacked([unroll.step(weights, exploration) for exploration in explorations]),
            episodes=unroll.envs.episodes,
            state=unroll.state,
            faults=self._guard.take_faults(Purpose.EPISODES),
        )

    def evaluate(self, evaluation: Evaluation, weights: Weights, env_indices: range) -> Evaluated:
        """Plays the episodes of some of an evaluation's environments; see `evaluate_policy`."""
        return evaluate_policy(
            self._env, self._agent, evaluation, weights, env_indices, self._guard
        )

    def close(self) -> None:
        """Frees what the environments hold."""
        if self._unroll is not None:
            self._unroll.envs.close()


def _stacked(steps: Sequence[Stepped]) -> Rollout:
    """The rollout of T steps."""
    return Rollout(
        s_tm1=np.stack([step.s_tm1 for step in steps]),
        a_tm1=np.stack([step.a_tm1 for step in steps]),
        r_t=np.stack([step.step.r_t for step in steps]),
        terminated_t=np.stack([step.step.terminated_t for step in steps]),
        truncated_t=np.stack([step.step.truncated_t for step in steps]),
        s_t=np.stack([step.step.s_t for step in steps]),
        dropped_t=np.stack([step.step.dropped_t for step in steps]),
        extras={name: np.stack([step.extras[name] for step in steps]) for name in steps[0].extras},
    )
