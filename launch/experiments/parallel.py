"""Devices and training by several processes (chapter 7)."""

from launch.config.execution import ResourceConfig
from launch.config.supervised import SupervisedConfig
from launch.experiments.basics import RIVALS_ON_DIGITS
from launch.experiments.experiment import Claim, Experiment
from supervised.parallel.configs import (
    DataParallelConfig,
    DevicesConfig,
    ModelParallelConfig,
    ToyConfig,
)

_PROSE = "chapter 7 describes it and prints no figure"

_TWO = ResourceConfig(workers=2)

EXPERIMENTS: dict[str, Experiment] = {
    "devices": Experiment(
        summary="A^n + B^n on one device and on two",
        about="A^n + B^n on one device, on two, and on one that is not there",
        config=SupervisedConfig(job=DevicesConfig(), resources=ResourceConfig(cpus=2)),
        claim=Claim(
            metric="seconds",
            book=13.816644,
            note="chapter 7, n = 10 and 10,000 rows on a GeForce 840M, one run",
        ),
        cost="1 min",
    ),
    "cluster_toy": Experiment(
        summary="A parameter server and two workers",
        about="A parameter server with two numbers, and two workers that multiply them",
        config=SupervisedConfig(job=ToyConfig(), resources=_TWO),
        claim=Claim(
            metric="second", book=40.0, note="chapter 7, which prints 12.0 first", comparable=True
        ),
        cost="15 s",
    ),
    "data_parallel": Experiment(
        summary="Digits by workers, in step or not",
        about="Digits by parameter servers and 1, 2, 4 ... --workers, in step and asynchronous",
        config=SupervisedConfig(job=DataParallelConfig(), resources=_TWO),
        claim=Claim(metric="accuracy", note=_PROSE, rivals=RIVALS_ON_DIGITS),
        cost="13 min",
    ),
    "model_parallel": Experiment(
        summary="A network's layers in 2 processes",
        about="A network's layers in two processes, and the time they wait, by micro-batches",
        config=SupervisedConfig(job=ModelParallelConfig(), resources=_TWO),
        claim=Claim(metric="accuracy", note=_PROSE, rivals=RIVALS_ON_DIGITS),
        cost="4 min",
    ),
}
