"""Networks: each layer defined once, for NumPy, for TensorFlow and for Keras.

Importing this package imports neither TensorFlow nor Keras: the methods that need them do.
`agents.networks.layout` alone imports TensorFlow, and is imported by learners.
"""

from agents.networks.config import NetworkConfig
from agents.networks.constrained import Constrained
from agents.networks.convolution import Conv
from agents.networks.ensemble import PRIOR, Ensemble
from agents.networks.forward import BLOCK, Forward
from agents.networks.heads import Dueling, Expectation, Mean, Streams
from agents.networks.inputs import Image, Inputs, OneHot, Vector, flat_inputs
from agents.networks.layer import Layer, Nonlinearity, Shape
from agents.networks.layers import Activation, Dense, Flatten, LayerNorm
from agents.networks.network import Network
from agents.networks.noisy import NoisyDense
from agents.networks.per_action import PerAction
from agents.networks.recurrent import GRU

__all__ = [
    "BLOCK",
    "GRU",
    "PRIOR",
    "Activation",
    "Constrained",
    "Conv",
    "Dense",
    "Dueling",
    "Ensemble",
    "Expectation",
    "Flatten",
    "Forward",
    "Image",
    "Inputs",
    "Layer",
    "LayerNorm",
    "Mean",
    "Network",
    "NetworkConfig",
    "NoisyDense",
    "Nonlinearity",
    "OneHot",
    "PerAction",
    "Shape",
    "Streams",
    "Vector",
    "flat_inputs",
]
