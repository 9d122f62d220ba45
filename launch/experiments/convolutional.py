"""Convolutional networks (chapter 4)."""

from launch.config.supervised import SupervisedConfig
from launch.experiments.basics import RIVALS_ON_DIGITS
from launch.experiments.experiment import Claim, Experiment
from launch.experiments.spaces import Choice, Range
from supervised.convolutional.configs import LenetConfig
from supervised.emotion.configs import BOOK, EmotionConfig, EmotionPredictConfig

_EMOTIONS = Claim(
    metric="accuracy",
    note="chapter 4 prints no accuracy; its validation loss, of 417 other faces, dropout and decay "
    "in it, falls from 1.9628 to 0.8885",
)
_EMOTION_SPACE = {
    "optimizer.learning_rate": Range(low=3e-4, high=3e-3, log=True, steps=3),
    "dropout": Range(low=0.2, high=0.6, steps=3),
    "dense": Choice(values=(128, 256, 512)),
}

EXPERIMENTS: dict[str, Experiment] = {
    "lenet_mnist": Experiment(
        summary="LeNet on MNIST",
        about="LeNet on MNIST, the book's network with its bugs fixed",
        config=SupervisedConfig(job=LenetConfig()),
        claim=Claim(
            metric="accuracy",
            book=0.9960,
            note="chapter 4, 255 of 256 test images drawn at random, after several hours",
            rivals=RIVALS_ON_DIGITS,
        ),
        cost="7 min",
        space={
            "optimizer.learning_rate": Range(low=3e-4, high=3e-3, log=True, steps=3),
            "convolution_dropout": Range(low=0.0, high=0.4, steps=3),
            "optimizer.name": Choice(values=("rmsprop", "adam")),
        },
    ),
    "emotion_faces": Experiment(
        summary="Emotions of faces, convolutions",
        about="A convolutional network with batch normalization names the emotions of faces",
        config=SupervisedConfig(job=EmotionConfig()),
        claim=_EMOTIONS,
        cost="24 min",
        space=_EMOTION_SPACE,
    ),
    "emotion_faces_book": Experiment(
        summary="Emotions, the book's network",
        about="The book's network of two convolutions, its dropout off when faces are scored",
        config=SupervisedConfig(job=BOOK),
        claim=_EMOTIONS,
        cost="11 min",
        space=_EMOTION_SPACE,
    ),
    "emotion_predict": Experiment(
        summary="Emotions on your own pictures",
        about="Emotions of your own pictures and how sure they are",
        config=SupervisedConfig(job=EmotionPredictConfig()),
        claim=Claim(
            metric="top_probability",
            note="chapter 4 has 50.3 % of 1,000 votes for happy, of the first rows of a picture",
        ),
        cost="8 s",
        needs="the folder of a run of emotion_faces",
        arguments="--model RUN --pictures FILE",
    ),
}
