"""Convolutional networks (chapter 4)."""

from launch.configs import ResourceConfig, SupervisedConfig
from launch.experiments.experiment import Claim, Experiment
from launch.spaces import Choice, Range
from supervised.convolutional.configs import LenetConfig

EXPERIMENTS: dict[str, Experiment] = {
    "lenet_mnist": Experiment(
        summary="LeNet on MNIST, the book's network with its bugs fixed",
        config=SupervisedConfig(job=LenetConfig(), resources=ResourceConfig(cpus=2)),
        claim=Claim(
            metric="accuracy",
            book=0.9960,
            note="chapter 4, 255 of 256 test images drawn at random, after several hours",
        ),
        cost="? s",
        space={
            "optimizer.learning_rate": Range(low=3e-4, high=3e-3, log=True, steps=3),
            "convolution_dropout": Range(low=0.0, high=0.4, steps=3),
            "optimizer.name": Choice(values=("rmsprop", "adam")),
        },
    ),
}
