"""The contract of agents: one object has the settings, and makes the actor and the learner."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Discrete

from agents.actor import Actor
from agents.dynamics import Dynamics
from agents.replay.observed import Bools
from agents.replay.size import ReplaySize
from agents.replay.storage import Held
from agents.rollout import Rollout
from agents.weights import Array, UnfitWeights, Weights
from common.settings import require_finite
from common.typed_settings import Settings

if TYPE_CHECKING:  # agents are described, listed and sent to workers without it
    import keras


class Learner(ABC):
    """Turns rollouts into weights. Everything it holds goes through `get_state`.

    Attributes:
        updates: Updates made so far: gradient steps, or time steps of all environments for a table.
    """

    updates: int = 0
    keeps_observations: bool = False
    """Whether observations are kept for later, as in a replay: it then passes them through
    `preprocess` when it uses them. Others get observations that are normalised already."""
    preprocess: Callable[[Array], Array] | None = None
    """Turns kept observations [..., *shape] into those that the agent sees; None leaves them."""

    @abstractmethod
    def learn(self, rollout: Rollout) -> dict[str, float]:
        """Learns from a rollout; returns metrics by name, such as `loss` or `mean_q`.

        Raises:
            common.errors.Diverged: A loss or a weight is not finite any more.
        """

    @abstractmethod
    def weights(self) -> Weights:
        """The weights that act in training: arrays that later calls of `learn` do not change."""

    def evaluated_weights(self) -> Weights:
        """The weights that are evaluated, kept and exported: an average, or `weights` itself."""
        return self.weights()

    def set_weights(self, weights: Weights) -> None:
        """Starts from the evaluated weights of another learner, before the first rollout.

        Raises:
            UnfitWeights: Their names or shapes are others, or this learner can start from none.
        """
        name = type(self).__name__
        raise UnfitWeights(f"the agent cannot start from weights: {name} has no set_weights")

    def know(self, dynamics: Dynamics) -> None:
        """Takes the environment's transitions, before anything else, where the agent needs them."""
        raise NotImplementedError(f"{type(self).__name__} has no know(dynamics)")

    @abstractmethod
    def get_state(self) -> dict[str, Any]:
        """Nested dictionaries and lists of arrays and numbers: everything a resumed run needs."""

    @abstractmethod
    def set_state(self, state: Mapping[str, Any]) -> None:
        """Puts back what `get_state` gave, or `get_state_without_observations`."""

    @property
    def held(self) -> Held | None:
        """Which observations its replay keeps, where they can be brought to it again.

        None for a learner whose whole state has to be kept; others have the next three methods.
        """
        return None

    def get_state_without_observations(self) -> dict[str, Any]:
        """What `get_state` gives but for the observations, which `observe_again` has to bring."""
        raise NotImplementedError(f"{type(self).__name__} keeps no observations to leave out")

    def begin_again(self, begins: Bools, first: int) -> None:
        """Has the observations of rollouts come again, see `Replay.begin_again`."""
        raise NotImplementedError(f"{type(self).__name__} keeps no observations to bring again")

    def observe_again(self, rollout: Rollout) -> None:
        """Stores the observations of a rollout once more, see `Replay.observe_again`."""
        raise NotImplementedError(f"{type(self).__name__} keeps no observations to bring again")

    def close(self) -> None:  # noqa: B027 - most learners hold nothing
        """Frees threads and memory; the learner is not used afterwards."""


@dataclass(frozen=True, kw_only=True)
class Agent(Settings, ABC):
    """The settings of an agent, as a frozen dataclass, and the actor and learner they describe.

    A subclass adds its settings as fields, which become flags, and implements `actor` and
    `learner`. Its numbers must be finite, unless a `__post_init__` of its own leaves ours out. It
    must not import TensorFlow before `learner` or `keras_model` is called: workers act without it.
    """

    PART: ClassVar[str] = "agent"

    needs_tensorflow: ClassVar[bool] = False
    """Whether its learner computes with TensorFlow, which then has to be set up first."""
    lags: ClassVar[tuple[int, ...]] = (0, 1)
    """The numbers of iterations by which acting may run ahead of learning."""
    acts_randomly: ClassVar[bool] = False
    """Whether it has no greedy policy: it is then evaluated with random actions."""
    needs_recording: ClassVar[bool] = False
    """Whether it learns from recorded transitions only, and not by acting."""

    values_parts: ClassVar[bool] = False
    """Whether its Keras model gives what the choices of each part of an action are worth, one part
    after the other; an action is then worth the mean over its parts."""

    needs_dynamics: ClassVar[bool] = False
    """Whether its learner has to know the environment's transitions: `Learner.know` gets them, and
    an environment that does not publish them is refused."""

    def __post_init__(self) -> None:
        require_finite(self, "agent")

    @property
    def sees(self) -> Literal["row", "state", "picture"]:
        """What it sees of observations that are neither a box nor a number.

        They become one row of numbers; or, for a table, the number of a state where they are
        finite; or, for convolutions, a picture where there is just one among their parts.
        """
        return "row"

    @property
    def module(self) -> str:
        """The module that a worker imports to have the agent's class."""
        return type(self).__module__

    @property
    def optimal_discount(self) -> float:
        """The discount γ of the optimum that its scores are set against."""
        return 1.0

    def learned_rewards(self, r_t: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Rewards of any shape as the agent learns from them."""
        return r_t

    def check(self, observation_space: Box | Discrete, action_space: Discrete) -> None:
        """Makes sure that the agent can act with such observations and actions.

        Raises:
            ValueError: It cannot; the message says why and the way out.
        """

    def check_rollouts(self, num_envs: int, rollout_length: int) -> None:
        """Makes sure that the agent can learn from rollouts of such a size.

        Args:
            num_envs: Number of environments.
            rollout_length: Steps of each of them in a rollout; the last one may be shorter.

        Raises:
            common.settings.InvalidSetting: It cannot; the message names the flag.
        """

    @abstractmethod
    def actor(
        self, observation_space: Box | Discrete, action_space: Discrete, env_indices: Sequence[int]
    ) -> Actor:
        """Makes the actor for some environments. It needs no TensorFlow.

        Args:
            observation_space: The space of an observation.
            action_space: The actions, counted from 0.
            env_indices: [B] increasing numbers of the environments that it acts in.
        """

    @abstractmethod
    def learner(
        self,
        observation_space: Box | Discrete,
        action_space: Discrete,
        *,
        env_steps: int,
        network_rng: np.random.Generator,
        replay_rng: np.random.Generator,
    ) -> Learner:
        """Makes the learner.

        Args:
            observation_space: The space of an observation.
            action_space: The actions, counted from 0.
            env_steps: The run's budget in environment steps, over which schedules go.
            network_rng: Draws the initial weights.
            replay_rng: Draws minibatches from the replay; the learner owns it from here on.
        """

    def replay_size(
        self, observation_space: Box | Discrete, action_space: Discrete
    ) -> ReplaySize | None:
        """What its replay takes; None where it has none.

        Args:
            observation_space: The space of an observation; of a stack each frame is kept once.
            action_space: The actions, counted from 0.
        """
        return None

    def for_recording(self, transitions: int) -> Self:
        """The agent as it learns from so many recorded transitions, which are read repeatedly.

        It is the agent itself, unless settings of it should follow their number.
        """
        return self

    def why_no_update(self, env_steps: int) -> str:
        """Why a whole run of so many environment steps made no update; empty if that is unknown."""
        return ""

    def note_on_returns(self, least: float, greatest: float) -> str:
        """What a run must note where discounted returns came to lie from `least` to `greatest`.

        Empty where they agree with the settings.
        """
        return ""

    @property
    def counts_episodes(self) -> bool:
        """Whether exploration falls with episodes: these then stand in the place of steps."""
        return False

    def exploration(self, env_steps: int) -> dict[str, float]:
        """The settings of exploration after so many environment steps, by name, for the log.

        Where episodes are counted it is after so many of them in an environment.
        """
        return {}

    def keras_model(
        self, observation_space: Box | Discrete, action_space: Discrete, weights: Weights
    ) -> "keras.Model | None":
        """The policy as a Keras model on raw observations; None where there is no such model."""
        return None


def require_agent(agent: Any) -> None:
    """Makes sure that something is an agent, with settings that are kept.

    Raises:
        ValueError: It is not.
    """
    if not isinstance(agent, Agent):
        raise ValueError(f"the agent is {agent!r}, expected an Agent such as DQN(): an instance")
    if "__dataclass_fields__" not in vars(type(agent)):
        raise ValueError(
            f"{type(agent).__name__} is no dataclass, so its settings would be lost: decorate it "
            "with @dataclass(frozen=True, kw_only=True)"
        )
