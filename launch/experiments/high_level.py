"""Small networks by high-level interfaces (chapter 8)."""

from launch.config.execution import ResourceConfig
from launch.config.supervised import SupervisedConfig
from launch.experiments.basics import RIVALS_ON_DIGITS
from launch.experiments.experiment import Claim, Experiment
from launch.experiments.spaces import Choice, Range
from supervised.convolutional.configs import LenetConfig
from supervised.core.settings import FitConfig, NetworkConfig, OptimizerConfig
from supervised.feed_forward.configs import MnistConfig
from supervised.high_level.configs import (
    FunctionalConfig,
    IrisConfig,
    SequentialConfig,
    TitanicConfig,
)
from supervised.pretrained.configs import ClassifyConfig
from supervised.recurrent.configs import SentimentConfig

_RATE = Range(low=3e-4, high=3e-2, log=True, steps=3)

EXPERIMENTS: dict[str, Experiment] = {
    "dnn_iris": Experiment(
        summary="Irises, by cross-validation",
        about="The book's [10, 10] network names irises, by repeated cross-validation",
        config=SupervisedConfig(job=IrisConfig()),
        claim=Claim(metric="accuracy", book=0.967, note="chapter 8, 29 of 30 test flowers"),
        cost="5 min",
        space={"optimizer.learning_rate": _RATE, "network.l2": Choice(values=(0.0, 1e-3))},
    ),
    "mlp_titanic": Experiment(
        summary="Who survives the Titanic",
        about="The book's [32, 32] network says who survives the Titanic, by cross-validation",
        config=SupervisedConfig(job=TitanicConfig()),
        claim=Claim(
            metric="accuracy", book=0.8110, note="chapter 8, of the rows that it learned from"
        ),
        cost="1 min",
        space={"optimizer.learning_rate": _RATE, "network.dropout": Choice(values=(0.0, 0.2, 0.5))},
    ),
    "digits_mlp": Experiment(
        summary="Digits, two hidden layers of 100",
        about="Two hidden layers of 100 tell digits apart in ten epochs",
        config=SupervisedConfig(
            job=MnistConfig(
                network=NetworkConfig(hidden_sizes=(100, 100), l2=1e-5),
                optimizer=OptimizerConfig(learning_rate=2e-3, schedule="cosine"),
                fit=FitConfig(epochs=10, batch_size=50),
            )
        ),
        claim=Claim(
            metric="accuracy", book=0.9552, note="chapter 8, SGD at 0.01", rivals=RIVALS_ON_DIGITS
        ),
        cost="1 min",
        space={"optimizer.learning_rate": _RATE},
    ),
    "digits_lenet": Experiment(
        summary="Digits, LeNet, 20 and 50 filters",
        about="The chapter's LeNet, of 20 and 50 filters of 5x5, in ten epochs",
        config=SupervisedConfig(
            job=LenetConfig(
                filters=(20, 50),
                kernel=5,
                hidden=500,
                bias=True,
                convolution_dropout=0.0,
                hidden_dropout=0.5,
                fit=FitConfig(epochs=10, batch_size=50),
            )
        ),
        claim=Claim(
            metric="accuracy", book=0.9886, note="chapter 8, SGD at 0.01", rivals=RIVALS_ON_DIGITS
        ),
        cost="8 min",
        space={"optimizer.learning_rate": _RATE},
    ),
    "keras_sequential": Experiment(
        summary="Keras' sequential model on known classes",
        about="Keras' stack of two layers on classes whose best accuracy is known",
        config=SupervisedConfig(job=SequentialConfig()),
        claim=Claim(metric="accuracy", note="chapter 8 has neither data nor a figure"),
        cost="15 s",
        space={"optimizer.learning_rate": _RATE},
    ),
    "keras_functional": Experiment(
        summary="Keras' functional model on digits",
        about="Keras' convolutions called as functions, with the head that the book leaves out",
        config=SupervisedConfig(job=FunctionalConfig()),
        claim=Claim(metric="accuracy", note="chapter 8 compiles nothing", rivals=RIVALS_ON_DIGITS),
        cost="2 min",
        space={"optimizer.learning_rate": _RATE},
    ),
    "squeezenet_predict": Experiment(
        summary="Your pictures named by SqueezeNet",
        about="SqueezeNet 1.1 names what is on your pictures",
        config=SupervisedConfig(job=ClassifyConfig(network="squeezenet")),
        claim=Claim(
            metric="mean_top_probability",
            note="chapter 8, of one picture: Indian elephant 0.641, African elephant 0.228",
        ),
        cost="15 s",
        needs="squeezenet_weights.pkl (of the package ndf 0.1.4) or "
        "squeezenet_weights_tf_dim_ordering_tf_kernels.h5",
    ),
    "lstm_imdb": Experiment(
        summary="Reviews of 500 words, LSTM(100)",
        about="The chapter's LSTM(100) on reviews of 500 words, the commonest 5,000",
        config=SupervisedConfig(
            job=SentimentConfig(
                embedding=32,
                units=100,
                length=500,
                most=5_000,
                embedding_dropout=0.4,
                fit=FitConfig(epochs=6, batch_size=64, keep="best"),
            ),
            resources=ResourceConfig(memory_gb=2.5),
        ),
        claim=Claim(
            metric="accuracy",
            book=0.8679,
            note="chapter 8; its log is of 16,750 training reviews, its code of 25,000, and test "
            "reviews are its validation, after 3 epochs",
        ),
        cost="13 min",
        space={"optimizer.learning_rate": _RATE},
    ),
}
