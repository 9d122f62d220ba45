"""Recurrent networks (chapter 6)."""

from launch.configs import SupervisedConfig
from launch.experiments.experiment import Claim, Experiment
from launch.spaces import Choice, Range
from supervised.recurrent.configs import SpamConfig

EXPERIMENTS: dict[str, Experiment] = {
    "rnn_spam": Experiment(
        summary="A recurrent network tells spam from other short messages",
        config=SupervisedConfig(job=SpamConfig()),
        claim=Claim(
            metric="accuracy",
            book=0.96198,
            note="chapter 6, 1,341 of 1,394 messages, copies of training messages among them and "
            "the vocabulary fitted on them, too",
        ),
        cost="10 s",
        space={
            "optimizer.learning_rate": Range(low=3e-4, high=1e-2, log=True, steps=3),
            "units": Choice(values=(16, 32, 64)),
            "cell": Choice(values=("rnn", "lstm", "gru")),
        },
    ),
}
