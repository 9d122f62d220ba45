"""Tensors and linear models (chapter 2), and a look at the digits (chapter 3)."""

from launch.config.supervised import SupervisedConfig
from launch.experiments.experiment import Claim, Experiment
from supervised.basics.configs import (
    ExploreMnistConfig,
    LinearBostonConfig,
    LinearSyntheticConfig,
    TensorsConfig,
)

RIVALS_ON_DIGITS = {
    "explore_mnist/neighbours_accuracy": "3 nearest neighbours on 50 principal components"
}
"""What every classifier of the digits stands beside: it is computed once, for all of them."""
EXPERIMENTS: dict[str, Experiment] = {
    "tensors": Experiment(
        summary="Tensors, graphs, variables; values checked",
        about="Tensors, graphs, variables and feeds: every value the book prints, checked",
        config=SupervisedConfig(job=TensorsConfig()),
        claim=Claim(metric="equal", note="chapter 2 prints the values, each checked", optimum=1.0),
        cost="4 s",
    ),
    "linear_synthetic": Experiment(
        summary="A line through points, by gradient descent",
        about="Linear regression on 1,000 noisy points of a line, by gradient descent",
        config=SupervisedConfig(job=LinearSyntheticConfig()),
        claim=Claim(
            metric="mse",
            book=0.00252514,
            note="chapter 2, loss on the training points after 16 iterations",
            optimum=0.0025,
        ),
        cost="7 s",
    ),
    "linear_boston": Experiment(
        summary="Linear regression of house prices",
        about="Linear regression on Boston housing, beside the closed form, over 20 splits",
        config=SupervisedConfig(job=LinearBostonConfig()),
        claim=Claim(
            metric="mse",
            book=27.3749,
            note="chapter 2, one test split; features scaled with the test rows in",
            comparable=True,
        ),
        cost="7 s",
    ),
    "explore_mnist": Experiment(
        summary="The digits' shapes, classes, means",
        about="Shapes, classes and means of the digits, and the nearest mean as a classifier",
        config=SupervisedConfig(job=ExploreMnistConfig()),
        claim=Claim(metric="nearest_mean_accuracy", note="chapter 3 prints shapes only"),
        cost="6 s",
    ),
}
