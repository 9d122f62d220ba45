"""R2D2: settings and actor."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gymnasium.spaces import Box, Discrete

from agents.networks.network import Network
from agents.replay.accumulators import Accumulator
from agents.replay.sequences import SequenceConfig, Sequences
from agents.replayed.config import ReplayedConfig
from agents.schedules import EpsilonSchedule
from agents.value_based import QNetwork
from common.settings import require

if TYPE_CHECKING:
    from agents.replayed.objective import Objective

_STEP_BYTES = 21
"""Of a step of a sequence: an id, action, reward, discount, and whether it was played."""
_SUCCESSOR_BYTES = 8


@dataclass(frozen=True, kw_only=True)
class R2D2(ReplayedConfig, QNetwork):
    """A recurrent deep Q-network that learns from sequences (Kapturowski et al. 2019).

    It remembers what it saw, for tasks in which one observation does not tell everything;
    docs/agents/r2d2.md says what it is worth.
    """

    discount: float = 0.995
    """Discount γ per step, in [0, 1]."""
    epsilon: EpsilonSchedule = EpsilonSchedule(end=0.05, decay_steps=15_000)
    """Exploration."""
    hidden_sizes: tuple[int, ...] = (32,)
    """Units of each hidden dense ReLU layer before the recurrent one, in order."""
    dueling: bool = True
    """Separate value and advantage heads (Wang et al. 2016)."""
    recurrent_units: int = 32
    """Units of the recurrent layer, a GRU (Cho et al. 2014)."""
    sequence: SequenceConfig = SequenceConfig()
    """How episodes are cut into sequences."""
    rescale: bool = True
    """Learn values of returns under h(x) = sign(x) (sqrt(|x| + 1) - 1) + x / 1000, for rewards of
    very different sizes (Pohlen et al. 2018)."""
    n_step: int = 3
    """Number of rewards in a target before the value of the next state is added; fewer where the
    sequence ends."""
    learning_rate: float = 2e-3
    """The optimizer's step size."""
    batch_size: int = 32
    """Sequences per update."""
    replay_capacity: int = 8_000
    """Sequences kept for replay."""
    env_steps_per_update: float = 4.0
    """Environment steps (over all environments) for each update."""
    updates_per_call: int = 32
    """Updates run in one compiled call: updates happen in groups of this many."""
    max_gradient_norm: float = 10.0
    """Gradients are scaled down to this global norm; 0 leaves them alone."""

    def __post_init__(self) -> None:
        ReplayedConfig.__post_init__(self)
        QNetwork.__post_init__(self)
        units = self.recurrent_units
        require(units >= 1, "agent.recurrent_units", "must be positive", units)

    @property
    def values_returns(self) -> bool:
        return not self.rescale

    def _objective(self, network: Network, action_space: Discrete) -> "Objective":
        from agents.r2d2.objective import SequenceObjective

        return SequenceObjective(self, network)

    def _windows(self) -> Accumulator:
        return Sequences(self.sequence, self.discount)

    def _window_size(self) -> tuple[int, int, int]:
        steps = self.sequence.burn_in + self.sequence.length
        row = steps * _STEP_BYTES + _SUCCESSOR_BYTES + 4 * self.recurrent_units
        return self.sequence.stride, steps + 1, row

    def _network(self, observation_space: Box | Discrete, action_space: Discrete) -> Network:
        """The network of action values [A]."""
        head = self.value_head(int(action_space.n))
        return self.describe(observation_space, head, recurrent=self.recurrent_units)
