"""Settings of a network."""

from dataclasses import dataclass
from typing import Literal

from gymnasium.spaces import Box, Discrete

from agents.networks.convolution import Conv
from agents.networks.heads import Dueling
from agents.networks.inputs import Image, Inputs, flat_inputs
from agents.networks.layer import Layer
from agents.networks.layers import Activation, Dense, Flatten, LayerNorm
from agents.networks.network import Network
from common.settings import require


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """A network that values actions."""

    network: Literal["mlp", "conv"] = "mlp"
    """mlp: flattened observations and dense layers. conv: pictures [height, width, channels]
    through convolutions first."""
    hidden_sizes: tuple[int, ...] = (120, 84)
    """Units of each hidden dense ReLU layer, in order."""
    filters: tuple[int, ...] = (16,)
    """conv: filters of each convolution, in order."""
    kernel_sizes: tuple[int, ...] = (3,)
    """conv: height and width of each convolution's window, in pixels."""
    strides: tuple[int, ...] = (1,)
    """conv: pixels from one window of a convolution to its next."""
    layer_norm: bool = False
    """Normalise each hidden layer before its ReLU (Ba et al. 2016)."""
    dueling: bool = False
    """Separate value and advantage heads (Wang et al. 2016)."""

    def __post_init__(self) -> None:
        for name in ("hidden_sizes", "filters", "kernel_sizes", "strides"):
            for value in getattr(self, name):
                require(value >= 1, f"agent.{name}", "must be positive", value)
        for name in ("kernel_sizes", "strides"):
            numbers, convolutions = len(getattr(self, name)), len(self.filters)
            rule = f"must have as many numbers as --agent.filters, {convolutions}"
            require(numbers == convolutions, f"agent.{name}", rule, numbers)

    def describe(self, observation_space: Box | Discrete, actions: int) -> Network:
        """The network for an environment.

        Args:
            observation_space: What the observations are.
            actions: Number of actions A; the network's output rows are [A].

        Raises:
            ValueError: The network has convolutions, and the observations are no pictures, or a
                window does not fit.
        """
        head = Dueling(actions) if self.dueling else Dense(actions, "linear", "glorot")
        hidden = [layer for units in self.hidden_sizes for layer in self._dense(units)]
        if self.network == "mlp":
            return Network(flat_inputs(observation_space), (*hidden, head))
        windows = zip(self.filters, self.kernel_sizes, self.strides, strict=True)
        seeing = [layer for window in windows for layer in self._conv(*window)]
        network = Network(_pictures(observation_space), (*seeing, Flatten(), *hidden, head))
        _ = network.places  # raises where a window does not fit
        return network

    def _dense(self, units: int) -> tuple[Layer, ...]:
        if self.layer_norm:
            return Dense(units, "linear"), LayerNorm(), Activation("relu")
        return (Dense(units),)

    def _conv(self, filters: int, size: int, stride: int) -> tuple[Layer, ...]:
        if self.layer_norm:
            return Conv(filters, size, stride, "linear"), LayerNorm(), Activation("relu")
        return (Conv(filters, size, stride),)


def _pictures(space: Box | Discrete) -> Inputs:
    if isinstance(space, Discrete):
        raise ValueError(
            "A network with convolutions takes pictures; these observations are discrete. "
            "Take --agent.network mlp."
        )
    return Image(space)
