"""The rollout worker: a block of environments and their actor, without TensorFlow."""

import itertools
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Discrete
from threadpoolctl import threadpool_limits

from agents.actor import ActorError, State
from agents.agent import Agent
from agents.rollout import Rollout
from agents.weights import Weights
from common import channels
from common.stacks import Stack
from envs import registry
from envs.faults import Fault, Guard, OnFault, Place
from envs.randomness import Purpose, derive, uniform
from envs.remarks import Bounds, Remark
from envs.sources import EnvSource
from envs.vector_env import VectorEnv
from training.evaluation import Evaluation, EvaluationResult, Watch, evaluate_policy, unwatched
from training.replaying import Known, Replayed, Replayer
from training.unroll import Positions, Unroll, stacked


@dataclass(frozen=True, kw_only=True)
class RolloutResult:
    """The rollout of one iteration in B environments.

    Attributes:
        rollout: The steps.
        episodes: [B] number of the episode that each environment is in after the rollout.
        state: What the actor remembers of each environment after the rollout.
        faults: Environments that failed in the rollout, or in the reset before the first one;
            their episodes were dropped.
        remarks: What environments did that they should not: of each worker the first of each kind,
            and in each rollout the number of observations outside their box.
    """

    rollout: Rollout
    episodes: npt.NDArray[np.int64]
    state: State
    faults: tuple[Fault, ...]
    remarks: tuple[Remark, ...]

    @classmethod
    def merge(cls, parts: Sequence["RolloutResult"]) -> "RolloutResult":
        """Joins the blocks of several workers, in the order of the environments."""
        names = parts[0].state
        return cls(
            rollout=Rollout.merge([part.rollout for part in parts]),
            episodes=np.concatenate([part.episodes for part in parts]),
            state={name: np.concatenate([part.state[name] for part in parts]) for name in names},
            faults=tuple(itertools.chain(*(part.faults for part in parts))),
            remarks=tuple(itertools.chain(*(part.remarks for part in parts))),
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
        known_hangs: Collection[Place] = (),
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
            known_hangs: Calls that are known to hang.
        """
        if hide_gpus:
            os.environ["CUDA_VISIBLE_DEVICES"] = ""
        # One BLAS thread: more of them cost more than these products, and may round differently.
        threadpool_limits(1, user_api="blas")
        self._env, self._agent, self._seed = env, agent, seed
        self._num_envs, self._block, self._positions = num_envs, block, positions
        self._guard = Guard(on_fault, known_hangs)
        self._exploration_keys = derive(seed, Purpose.EXPLORATION, np.asarray(block))  # [B]
        self._unroll: Unroll | None = None
        self._replayer: Replayer | None = None
        self._evaluated = 0, 0

    def ready(self) -> int:
        """Makes and starts the environments, if that is still to do; returns the process id."""
        with self._guard.listening():
            self._started_unroll()
        return os.getpid()

    def set_positions(self, positions: Positions) -> None:
        """Puts the environments at other positions, before the next call."""
        self.close()
        self._unroll, self._positions = None, positions

    def current_call(self) -> tuple[Place, float] | None:
        """The environment call that has not returned yet and its age in seconds, or None."""
        replayer = self._replayer
        return (self._guard if replayer is None else replayer.guard).current_call()

    def evaluated(self) -> tuple[int, int]:
        """Episodes and environment steps that the evaluation under way has played so far."""
        return self._evaluated

    def _started_unroll(self) -> Unroll:
        """The environments and their actor; the first call starts or restores them."""
        if self._unroll is None:
            envs = self._envs(self._guard)
            actor = self._agent.actor(envs.observation_space, envs.action_space, self._block)
            unroll = Unroll(envs, actor)
            if self._positions is None:
                unroll.start()
            else:
                unroll.restore(self._positions)
            if unroll.ignores_masks:
                text = "some actions are illegal, and the agent's actor takes no action_mask"
                self._guard.remarks.note("action_mask", text)
            if self._agent.sees == "picture":
                self._note_channels(envs.observation_space)
            self._unroll = unroll
        return self._unroll

    def _note_channels(self, space: Box | Discrete) -> None:
        """Tells of pictures whose channels seem to be where the network has its rows of pixels."""
        single = space.frame if isinstance(space, Stack) else space
        shape = single.shape or ()
        if channels.are_first(shape):
            joined = ", and frames are joined along it" * isinstance(space, Stack)
            text = (
                f"pictures are {'x'.join(map(str, shape))} and {channels.FIRST}, where its "
                f"network takes the last axis for them{joined}: a wrapper can move them to the end"
            )
            self._guard.remarks.note("channels", text)

    def _envs(self, guard: Guard) -> VectorEnv:
        return registry.make(
            self._env,
            seed=self._seed,
            purpose=Purpose.EPISODES,
            env_indices=self._block,
            guard=guard,
        )

    def rollout(self, weights: Weights, first_step: int, steps: int) -> RolloutResult:
        """Takes some steps in every environment of the block.

        Args:
            weights: The actor's weights.
            first_step: Steps taken in each environment before this rollout.
            steps: Steps T to take in each environment.
        """
        unroll = self._started_unroll()
        draws = unroll.actor.draws
        counters = np.arange(first_step * draws, (first_step + steps) * draws)
        drawn = uniform(self._exploration_keys, counters[:, None])  # [T * draws, B]
        taken = (first_step + np.arange(steps)) * self._num_envs  # [T] env steps before each
        if self._agent.counts_episodes:
            taken = np.tile(unroll.envs.episodes, (steps, 1))  # [T, B]
        explorations = unroll.actor.exploration(
            taken, drawn.reshape(steps, draws, len(self._block))
        )
        if len(explorations) != steps:
            raise ActorError(
                f"the actor's exploration has {len(explorations)} steps, expected {steps}"
            )
        with self._guard.listening():
            done = [unroll.step(weights, exploration) for exploration in explorations]
        rollout = stacked(done)
        return RolloutResult(
            rollout=rollout,
            episodes=unroll.envs.episodes,
            state=unroll.state,
            faults=self._guard.take_faults(Purpose.EPISODES),
            remarks=self._guard.remarks.take() + _outside(unroll.envs.bounds, rollout),
        )

    def replay(self, known: Known) -> list[Replayed]:
        """Makes rollouts of the past again, beside the environments of the rollouts to come.

        Raises:
            ValueError, EnvironmentFault: As `VectorEnv.restore`.
        """
        if self._replayer is None:
            self._replayer = Replayer(self._envs, known.failed)
        made = self._replayer.replay(known)
        if known.last:
            self._replayer.close()
            self._replayer = None
        return made

    def evaluate(
        self,
        evaluation: Evaluation,
        weights: Weights,
        env_indices: range,
        watch: Watch = unwatched,
    ) -> EvaluationResult:
        """Plays the episodes of some of an evaluation's environments; see `evaluate_policy`."""

        def note(episodes: int, env_steps: int) -> None:
            self._evaluated = episodes, env_steps
            watch(episodes, env_steps)

        try:
            with self._guard.listening():
                return evaluate_policy(
                    self._env, self._agent, evaluation, weights, env_indices, self._guard, note
                )
        finally:
            self._evaluated = 0, 0

    def close(self) -> None:
        """Frees what the environments hold."""
        if self._unroll is not None:
            self._unroll.envs.close()


def _outside(bounds: Bounds | None, rollout: Rollout) -> tuple[Remark, ...]:
    """The observations of a rollout that are outside their box."""
    if bounds is None:
        return ()
    ended_t = rollout.terminated_t | rollout.truncated_t
    return bounds.outside(rollout.s_tm1, rollout.s_t, ended_t)
