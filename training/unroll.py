"""Steps of an actor in its environments, for training, evaluation and films."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from agents.actor import Actor, ActorError, ActorOutput, State
from agents.rollout import Rollout
from agents.weights import Array, Weights
from envs.vector_env import EnvStep, VectorEnv

_COLUMNS = {*(field.name for field in fields(Rollout)), "discount_t"}


@dataclass(frozen=True, kw_only=True)
class Positions:
    """In which episode each of B environments is, and which actions it has taken in it.

    That is enough to rebuild the environments anywhere.

    Attributes:
        episodes: [B] number of the episode that each environment is in.
        actions: B arrays, the actions taken so far in that episode.
        state: What the actor remembers of each environment. Replayed actions cannot restore it,
            for it depends on earlier weights. Empty for actors that remember nothing, and at the
            start.
    """

    episodes: npt.NDArray[np.int64]
    actions: list[npt.NDArray[np.int32]]
    state: State

    @classmethod
    def at_the_start(cls, num_envs: int) -> "Positions":
        """The positions of B environments before the first step of their first episodes."""
        nothing = np.zeros(0, np.int32)
        return cls(episodes=np.zeros(num_envs, np.int64), actions=[nothing] * num_envs, state={})

    def block(self, rows: range) -> "Positions":
        """The positions of some of the environments."""
        part = slice(rows.start, rows.stop)
        return Positions(
            episodes=self.episodes[part],
            actions=self.actions[part],
            state={name: array[part] for name, array in self.state.items()},
        )


@dataclass(frozen=True, kw_only=True)
class StepResult:
    """One step of an actor in its environments.

    Attributes:
        s_tm1: [B, ...] the observations that were acted on.
        a_tm1: [R] int32 actions of the rows that were stepped.
        extras: [B, ...] arrays by name, from the actor for its learner.
        env_step: What the rows' environments returned.
    """

    s_tm1: Array
    a_tm1: npt.NDArray[np.int32]
    extras: Mapping[str, Array]
    env_step: EnvStep


class Unroll:
    """Joins environments and an actor; keeps the newest observations and the actor's state."""

    def __init__(self, envs: VectorEnv, actor: Actor):
        """Makes an unroll; `start` or `restore` has to be called before `step`.

        Args:
            envs: B environments.
            actor: Made for the same environments.
        """
        self.envs, self.actor = envs, actor
        self._initial = actor.initial_state()
        self._kinds = _kinds(self._initial)
        self._respects_masks = actor.respects_masks
        self.state: State = self._initial

    @property
    def ignores_masks(self) -> bool:
        """Whether the environments say which actions are legal, and the actor does not ask."""
        return self.envs.action_mask is not None and not self._respects_masks

    def start(self) -> None:
        """Starts the first episode of every environment."""
        self._observation = self.envs.reset()

    def restore(self, positions: Positions) -> None:
        """Puts every environment at its position, and the actor into its state.

        Raises:
            ValueError, EnvironmentFault: As `VectorEnv.restore`.
        """
        self._observation = self.envs.restore(positions.episodes, positions.actions)
        self.state = positions.state or self._initial

    def step(
        self, weights: Weights, exploration: Any = None, rows: Array | None = None
    ) -> StepResult:
        """Takes one step.

        Args:
            weights: The actor's weights.
            exploration: One step of `Actor.exploration`; None acts greedily.
            rows: [R] increasing numbers of the rows that are stepped; None steps all.
        """
        s_tm1 = self._observation
        mask = self.envs.action_mask if self._respects_masks else None
        masked = {} if mask is None else {"action_mask": mask}
        output = self.actor.act(weights, s_tm1, self.state, exploration, **masked)
        self._check(output)
        if mask is not None:
            _check_legal(output.actions, mask)
        if rows is None:
            actions = output.actions
            step = self.envs.step(actions)
            self._observation = step.observation
        else:
            actions = output.actions[rows]
            step = self.envs.step(actions, rows)
            self._observation = s_tm1.copy()
            self._observation[rows] = step.observation
        self._remember(output.state, step, rows)
        return StepResult(s_tm1=s_tm1, a_tm1=actions, extras=output.extras, env_step=step)

    def expected_returns(self, weights: Weights) -> Array | None:
        """The discounted returns [B] that the actor expects of acting greedily from here on."""
        mask = self.envs.action_mask if self._respects_masks else None
        return self.actor.expected_returns(weights, self._observation, self.state, mask)

    def _check(self, output: ActorOutput) -> None:
        """Makes sure in every step that the actor returned what it has to.

        Raises:
            ActorError: It did not.
        """
        actions, count, n = output.actions, self.envs.num_envs, int(self.envs.action_space.n)
        if not isinstance(actions, np.ndarray) or actions.dtype != np.int32:
            given = f"{getattr(actions, 'dtype', type(actions).__name__)} {list(np.shape(actions))}"
            raise ActorError(f"the actor's actions are {given}, expected an int32 array [{count}]")
        if actions.shape != (count,):
            given = f"int32 {list(actions.shape)}"
            raise ActorError(f"the actor's actions are {given}, expected int32 [{count}]")
        if actions.view(np.uint32).max() >= n:  # a negative number is a large one there
            wrong = actions[(actions < 0) | (actions >= n)][0]
            raise ActorError(f"the actor's action {wrong} is not one of 0 to {n - 1}")
        if (self._initial or output.state) and _kinds(output.state) != self._kinds:
            given, began = _told(output.state), _told(self._initial)
            raise ActorError(f"the actor's state is {given}, and began as {began}")
        for name, extra in output.extras.items():
            if name in _COLUMNS or np.shape(extra)[:1] != (count,):
                taken = " and may not have a column's name" * (name in _COLUMNS)
                raise ActorError(
                    f"the actor's extra {name!r} has shape {list(np.shape(extra))}, expected "
                    f"[{count}, ...]{taken}"
                )

    def _remember(self, state: State, step: EnvStep, rows: Array | None) -> None:
        """Keeps the actor's new state, and its initial state where an episode ended."""
        if not state:  # nor was there any at the start: see `_check`
            return
        stepped = np.arange(self.envs.num_envs) if rows is None else rows
        began = stepped[step.terminated_t | step.truncated_t | step.dropped_t]
        remembered = {name: array.copy() for name, array in self.state.items()}
        for name, array in remembered.items():
            array[stepped] = state[name][stepped]
            array[began] = self._initial[name][began]
        self.state = remembered


def stacked(steps: Sequence[StepResult]) -> Rollout:
    """The rollout of T steps."""
    masks = [step.env_step.mask_t for step in steps if step.env_step.mask_t is not None]
    lost = [step.env_step.life_lost_t for step in steps if step.env_step.life_lost_t is not None]
    return Rollout(
        s_tm1=np.stack([step.s_tm1 for step in steps]),
        a_tm1=np.stack([step.a_tm1 for step in steps]),
        r_t=np.stack([step.env_step.r_t for step in steps]),
        terminated_t=np.stack([step.env_step.terminated_t for step in steps]),
        truncated_t=np.stack([step.env_step.truncated_t for step in steps]),
        s_t=np.stack([step.env_step.s_t for step in steps]),
        dropped_t=np.stack([step.env_step.dropped_t for step in steps]),
        mask_t=np.stack(masks) if masks else None,
        life_lost_t=np.stack(lost) if lost else None,
        extras={name: np.stack([step.extras[name] for step in steps]) for name in steps[0].extras},
    )


def _check_legal(actions: npt.NDArray[np.int32], mask: npt.NDArray[np.bool_]) -> None:
    """Makes sure that an actor that respects masks [B, A] does so.

    Raises:
        ActorError: It does not.
    """
    legal = mask[np.arange(len(actions)), actions]  # [B]
    if not legal.all():
        raise ActorError(f"the actor's action {actions[~legal][0]} is not one of the legal ones")


def _kinds(state: State) -> list[tuple[str, np.dtype, tuple[int, ...]]]:
    """Name, type and shape of each array of a state."""
    return [(name, np.asarray(array).dtype, np.shape(array)) for name, array in state.items()]


def _told(state: State) -> str:
    arrays = (f"{name}: {dtype} {list(shape)}" for name, dtype, shape in _kinds(state))
    return ", ".join(arrays) or "nothing"
