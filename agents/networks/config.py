"""Settings of a network."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from gymnasium.spaces import Box, Discrete

from agents.networks.convolution import Conv
from agents.networks.heads import Dueling, Mean, Streams
from agents.networks.inputs import Image, Inputs, flat_inputs
from agents.networks.layer import Layer, Nonlinearity, Shape
from agents.networks.layers import Activation, Dense, Flatten, LayerNorm
from agents.networks.network import Network
from agents.networks.noisy import NoisyDense
from agents.networks.per_action import PerAction
from agents.networks.recurrent import GRU
from common import channels
from common.settings import require
from common.typed_settings import Settings


@dataclass(frozen=True, kw_only=True)
class SeeingConfig(Settings):
    """How a network sees its observations: as flat rows, or as pictures."""

    PART: ClassVar[str] = "agent"

    network: Literal["mlp", "conv"] = "mlp"
    """mlp: flattened observations and dense layers. conv: pictures [height, width, channels]
    through convolutions first."""
    filters: tuple[int, ...] = (16,)
    """conv: filters of each convolution, in order."""
    kernel_sizes: tuple[int, ...] = (3,)
    """conv: height and width of each convolution's window, in pixels."""
    strides: tuple[int, ...] = (1,)
    """conv: pixels from one window of a convolution to its next."""

    def __post_init__(self) -> None:
        for name in ("filters", "kernel_sizes", "strides"):
            for value in getattr(self, name):
                require(value >= 1, f"agent.{name}", "must be positive", value)
        for name in ("kernel_sizes", "strides"):
            numbers, convolutions = len(getattr(self, name)), len(self.filters)
            rule = f"must have as many numbers as --agent.filters, {convolutions}"
            require(numbers == convolutions, f"agent.{name}", rule, numbers)

    def seen(self, observation_space: Box | Discrete) -> tuple[Inputs, tuple[Layer, ...]]:
        """How observations enter the network, and its layers that make flat rows of pictures.

        Raises:
            ValueError: The network has convolutions, and the observations are no pictures, or a
                window does not fit.
        """
        if self.network == "mlp":
            return flat_inputs(observation_space), ()
        pictures = _pictures(observation_space)
        return pictures, (*self._convolutions(pictures.shape), Flatten())

    def _convolutions(self, picture: Shape) -> Iterator[Layer]:
        """The convolutions on pictures of a shape [height, width, channels].

        Raises:
            ValueError: A window does not fit.
        """
        shape = picture
        windows = zip(self.filters, self.kernel_sizes, self.strides, strict=True)
        for number, (filters, size, stride) in enumerate(windows, 1):
            if size > min(shape[:2]):
                sizes = "x".join(map(str, picture))
                raise ValueError(
                    f"convolution {number} of {size}x{size} stride {stride} on "
                    f"{shape[0]}x{shape[1]} does not fit: pictures are {sizes} here"
                    f"{_turned(picture)}; take smaller --agent.kernel-sizes or --agent.strides, "
                    "fewer --agent.filters, or --agent.network mlp"
                )
            shape = Conv(filters, size, stride).output_shape(shape)
            yield from self._convolution(filters, size, stride)

    def _convolution(self, filters: int, size: int, stride: int) -> tuple[Layer, ...]:
        return (Conv(filters, size, stride),)


@dataclass(frozen=True, kw_only=True)
class NetworkConfig(SeeingConfig):
    """A network that values actions."""

    hidden_sizes: tuple[int, ...] = (120, 84)
    """Units of each hidden dense ReLU layer, in order."""
    layer_norm: bool = False
    """Normalise each hidden layer before its ReLU (Ba et al. 2016)."""
    dueling: bool = False
    """Separate value and advantage heads (Wang et al. 2016)."""
    noisy: Literal["none", "head", "all"] = "none"
    """Dense layers whose weights carry noise, learned with them, as exploration (Fortunato et al.
    2018): none, the last one, or all. Take --agent.epsilon.start and .end 0 with it."""
    noise_scale: float = 0.5
    """noisy: standard deviation σ of the noise at the start, times the root of a layer's inputs."""

    def __post_init__(self) -> None:
        SeeingConfig.__post_init__(self)
        for units in self.hidden_sizes:
            require(units >= 1, "agent.hidden_sizes", "must be positive", units)
        require(self.noise_scale > 0, "agent.noise_scale", "must be positive", self.noise_scale)

    def describe(
        self, observation_space: Box | Discrete, head: Sequence[Layer], *, recurrent: int = 0
    ) -> Network:
        """The network for an environment.

        Args:
            observation_space: What the observations are.
            head: The last layers, such as those of `value_head`.
            recurrent: Units of a recurrent layer (GRU) before the head; 0 for none.

        Raises:
            ValueError: The network has convolutions, and the observations are no pictures, or a
                window does not fit.
        """
        hidden = [layer for units in self.hidden_sizes for layer in self._dense(units)]
        last = (GRU(recurrent), *head) if recurrent else tuple(head)
        inputs, seeing = self.seen(observation_space)
        return Network(inputs, (*seeing, *hidden, *last))

    def value_head(self, actions: int) -> tuple[Layer, ...]:
        """Layers from the last hidden one to the values [actions] of the actions."""
        if self.noisy != "none":
            return *self.streams(actions, 1), Mean()
        return (Dueling(actions) if self.dueling else Dense(actions, "linear", "glorot"),)

    def per_action(self, actions: int) -> tuple[Layer, ...]:
        """The hidden layers and one value, run for each action: a network takes them as its head.

        The network itself is described without hidden layers then.
        """
        hidden = [layer for units in self.hidden_sizes for layer in self._dense(units)]
        return (PerAction(actions, (*hidden, Dense(1, "linear", "glorot"))),)

    def streams(self, actions: int, atoms: int) -> tuple[Layer, ...]:
        """Layers from the last hidden one to numbers [actions, atoms]."""
        units = (actions + self.dueling) * atoms
        noisy = self.noisy != "none"
        linear = self._noisy(units, "linear") if noisy else Dense(units, "linear", "glorot")
        return linear, Streams(actions, atoms, self.dueling)

    def _noisy(self, units: int, activation: Nonlinearity) -> Layer:
        return NoisyDense(units, activation, self.noise_scale)

    def _dense(self, units: int) -> tuple[Layer, ...]:
        make = self._noisy if self.noisy == "all" else Dense
        if self.layer_norm:
            return make(units, "linear"), LayerNorm(), Activation("relu")
        return (make(units, "relu"),)

    def _convolution(self, filters: int, size: int, stride: int) -> tuple[Layer, ...]:
        if self.layer_norm:
            return Conv(filters, size, stride, "linear"), LayerNorm(), Activation("relu")
        return (Conv(filters, size, stride),)


def _turned(picture: Shape) -> str:
    """A remark on pictures whose channels seem to come first."""
    if not channels.are_first(picture):
        return ""
    return f", and {channels.FIRST}: a wrapper can move them to the end"


def _pictures(space: Box | Discrete) -> Inputs:
    if isinstance(space, Discrete):
        raise ValueError(
            "A network with convolutions takes pictures; these observations are discrete. "
            "Take --agent.network mlp."
        )
    return Image(space)
