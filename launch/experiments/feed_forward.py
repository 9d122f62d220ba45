"""Multi-layer perceptrons (chapter 3)."""

from dataclasses import replace

from launch.config.supervised import SupervisedConfig
from launch.experiments.basics import RIVALS_ON_DIGITS
from launch.experiments.experiment import Claim, Experiment
from launch.experiments.spaces import Choice, Range
from supervised.core.settings import FitConfig, NetworkConfig, OptimizerConfig
from supervised.feed_forward.configs import BOOK_LAYERS, BankConfig, ChoicesConfig, MnistConfig

_MLP = Claim(metric="accuracy", comparable=True)
_OF_DIGITS = replace(_MLP, rivals=RIVALS_ON_DIGITS)
_RELU = MnistConfig(network=NetworkConfig(hidden_sizes=BOOK_LAYERS))
_DURATION = "chapter 3, 88.9 %: the share of calls that end in a no"

_MNIST_SPACE = {
    "optimizer.learning_rate": Range(low=1e-4, high=3e-2, log=True, steps=4),
    "network.dropout": Range(low=0.0, high=0.4, steps=3),
    "network.initializer": Choice(values=("truncated_normal", "he_normal")),
    "fit.batch_size": Choice(values=(100, 200)),
}
_BANK_SPACE = {
    "optimizer.learning_rate": Range(low=1e-4, high=1e-2, log=True, steps=4),
    "network.dropout": Range(low=0.0, high=0.5, steps=3),
    "network.activation": Choice(values=("tanh", "relu")),
    "network.l2": Range(low=1e-6, high=1e-3, log=True, steps=2),
}

EXPERIMENTS: dict[str, Experiment] = {
    "softmax_mnist": Experiment(
        summary="Softmax regression on MNIST",
        about="Softmax regression on MNIST, which the book's summary promises",
        config=SupervisedConfig(job=MnistConfig(network=NetworkConfig(hidden_sizes=()))),
        claim=Claim(
            metric="accuracy",
            note="chapter 3 promises it and has none",
            rivals=RIVALS_ON_DIGITS,
        ),
        cost="12 s",
    ),
    "mlp_mnist_sigmoid": Experiment(
        summary="Five sigmoid layers on MNIST",
        about="The book's five-layer sigmoid network on MNIST, its loss mended",
        config=SupervisedConfig(
            job=MnistConfig(
                network=NetworkConfig(hidden_sizes=BOOK_LAYERS, activation="sigmoid"),
                optimizer=OptimizerConfig(learning_rate=6e-3, schedule="cosine"),
            )
        ),
        claim=replace(_OF_DIGITS, book=0.9715, note="chapter 3, all 10,000 test images"),
        cost="25 s",
        space=_MNIST_SPACE,
    ),
    "mlp_mnist_relu": Experiment(
        summary="Five ReLU layers on MNIST",
        about="The book's five-layer network on MNIST with ReLU in place of sigmoids",
        config=SupervisedConfig(job=_RELU),
        claim=replace(_OF_DIGITS, book=0.9789, note="chapter 3, all 10,000 test images"),
        cost="24 s",
        space=_MNIST_SPACE,
    ),
    "mlp_mnist_dropout": Experiment(
        summary="ReLU layers with dropout on MNIST",
        about="The book's five-layer network on MNIST with ReLU and dropout",
        config=SupervisedConfig(
            job=replace(_RELU, network=replace(_RELU.network, dropout=0.05)),
        ),
        claim=replace(
            _OF_DIGITS, book=0.9666, note="chapter 3, all 10,000 test images; rate not printed"
        ),
        cost="24 s",
        space=_MNIST_SPACE,
    ),
    "mlp_bank": Experiment(
        summary="Bank: who says yes, duration known",
        about="The book's tanh network on a bank's telephone calls, their duration known",
        config=SupervisedConfig(job=BankConfig()),
        claim=replace(_MLP, book=0.889, note=_DURATION),
        cost="32 s",
        space=_BANK_SPACE,
    ),
    "mlp_bank_no_duration": Experiment(
        summary="Bank: who says yes, before a call",
        about="The tanh network on a bank's calls before the call, its duration not known yet",
        config=SupervisedConfig(job=BankConfig(duration=False)),
        claim=Claim(metric="roc_auc", note="chapter 3 advises it and has no figure"),
        cost="34 s",
        space=_BANK_SPACE,
    ),
    "mnist_choices": Experiment(
        summary="Activations, optimizers on MNIST",
        about="Activations, optimizers and initializers on MNIST, one changed at a time",
        config=SupervisedConfig(job=ChoicesConfig(fit=FitConfig(epochs=2))),
        claim=Claim(
            metric="accuracy",
            note="chapter 3 lists them and compares none",
            rivals=RIVALS_ON_DIGITS,
        ),
        cost="123 s",
    ),
}
