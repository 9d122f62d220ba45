"""Pretrained networks: what is on a picture, and cats and dogs (chapter 4)."""

from launch.config.supervised import SupervisedConfig
from launch.experiments.experiment import Claim, Experiment
from launch.experiments.spaces import Choice, Range
from supervised.pretrained.configs import ClassifyConfig, TransferConfig

EXPERIMENTS: dict[str, Experiment] = {
    "alexnet_predict": Experiment(
        summary="Your pictures named by AlexNet",
        about="AlexNet, with its original weights, names what is on your pictures",
        config=SupervisedConfig(job=ClassifyConfig(network="alexnet")),
        claim=Claim(
            metric="mean_top_probability",
            note="chapter 4, of two pictures of its own: weasel 0.503, clumber 0.259 (a poodle)",
        ),
        cost="not measured",
        needs="bvlc_alexnet.npy",
    ),
    "inception_predict": Experiment(
        summary="Your pictures named by Inception",
        about="Inception-v3, or another network, names what is on your pictures",
        config=SupervisedConfig(job=ClassifyConfig(network="inception_v3")),
        claim=Claim(
            metric="mean_top_probability",
            note="chapter 4, of two pictures: giant panda 0.885, strawberry 0.915",
        ),
        cost="not measured",
        needs="inception_v3_weights_tf_dim_ordering_tf_kernels.h5",
    ),
    "transfer_cats_dogs": Experiment(
        summary="Cats and dogs by a trained network",
        about="SqueezeNet, or another network that ImageNet has trained, put to cats and dogs",
        config=SupervisedConfig(job=TransferConfig()),
        claim=Claim(
            metric="accuracy",
            book=0.82,
            note="chapter 4, AlexNet: 82 of 99 pictures right, printed as a percentage",
        ),
        cost="30 s",
        space={
            "optimizer.learning_rate": Range(low=1e-4, high=1e-2, log=True, steps=3),
            "dropout": Range(low=0.0, high=0.6, steps=3),
            "augment": Choice(values=(False, True)),
        },
    ),
}
