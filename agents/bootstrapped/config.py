"""Bootstrapped DQN: settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gymnasium.spaces import Box, Discrete

from agents.bootstrapped.actor import BootstrappedActor
from agents.networks.config import SeeingConfig
from agents.networks.ensemble import Ensemble
from agents.networks.heads import Mean
from agents.networks.network import Network
from agents.replayed.config import ReplayedConfig
from agents.schedules import EpsilonSchedule, LearningRateSchedule, WeightAverage
from agents.weights import Weights
from common.settings import require

if TYPE_CHECKING:
    import keras

    from agents.replayed.objective import Objective


@dataclass(frozen=True, kw_only=True)
class Bootstrapped(ReplayedConfig, SeeingConfig):
    """Bootstrapped DQN (Osband et al. 2016) with randomised priors (Osband et al. 2018).

    An ensemble of networks, each with a prior that never learns. One of them, drawn anew, acts
    through an episode: it explores as far ahead as its own values reach. The mean of all of them is
    evaluated. Of pictures the members share the convolutions, as in Osband et al. 2016.
    """

    discount: float = 0.99
    """Discount γ per step, in [0, 1]."""
    members: int = 10
    """Networks of the ensemble, K."""
    hidden_sizes: tuple[int, ...] = (50, 50)
    """Units of each hidden dense ReLU layer of a member and of its prior, in order."""
    prior_scale: float = 3.0
    """What the output of the fixed prior counts for beside that of the network that learns; 0
    takes no priors."""
    share: float = 0.5
    """Probability with which a member learns from a step, in (0, 1]; each decides for itself."""
    double: bool = False
    """The online network picks the action that the target network values (van Hasselt 2016)."""
    epsilon: EpsilonSchedule = EpsilonSchedule(start=0.0, end=0.0, decay_steps=1)
    """Random actions on top of what the members do."""
    learning_rate: float = 1e-3
    """The optimizer's step size."""
    learning_rate_schedule: LearningRateSchedule = LearningRateSchedule()
    """How the step size changes over the budget."""
    average: WeightAverage = WeightAverage()
    """A moving average of the weights, evaluated and kept instead of the newest ones."""
    bound_targets: bool = False
    """Clip targets to the range of discounted returns that the rewards seen so far allow: the
    priors' hopes of rewards that nobody saw yet go with it."""
    batch_size: int = 64
    """Transitions per update."""
    learning_starts: int = 128
    """Environment steps collected before the first update."""
    updates_per_call: int = 16
    """Updates run in one compiled call: updates happen in groups of this many."""

    def __post_init__(self) -> None:
        ReplayedConfig.__post_init__(self)
        SeeingConfig.__post_init__(self)
        require(self.members >= 1, "agent.members", "must be positive", self.members)
        for units in self.hidden_sizes:
            require(units >= 1, "agent.hidden_sizes", "must be positive", units)
        scale, share = self.prior_scale, self.share
        require(scale >= 0, "agent.prior_scale", "must be 0 or more", scale)
        require(0 < share <= 1, "agent.share", "must be in (0, 1]", share)
        rule = "must be 0 with --agent.network conv: a prior on shared convolutions would learn"
        require(self.network == "mlp" or not scale, "agent.prior_scale", rule, scale)
        decay = self.optimizer.weight_decay
        rule = "must be 0: it would take from the priors, which are fixed"
        require(not (decay and scale), "agent.optimizer.weight_decay", rule, decay)

    @property
    def sees(self) -> Literal["row", "picture"]:
        return "picture" if self.network == "conv" else "row"

    def actor(
        self, observation_space: Box | Discrete, action_space: Discrete, env_indices: Sequence[int]
    ) -> BootstrappedActor:
        return BootstrappedActor(
            self._network(observation_space, action_space),
            env_indices,
            self.epsilon,
            share=self.share,
            temperature=self.temperature,
        )

    def keras_model(
        self, observation_space: Box | Discrete, action_space: Discrete, weights: Weights
    ) -> "keras.Model":
        network = self._network(observation_space, action_space)
        return Network(network.inputs, (*network.layers, Mean())).keras_model(weights)

    def _objective(self, network: Network, action_space: Discrete) -> "Objective":
        from agents.bootstrapped.objective import Members

        return Members(self, network)

    def _network(self, observation_space: Box | Discrete, action_space: Discrete) -> Network:
        actions = int(action_space.n)
        ensemble = Ensemble(self.members, self.hidden_sizes, actions, self.prior_scale)
        inputs, seeing = self.seen(observation_space)
        return Network(inputs, (*seeing, ensemble))
