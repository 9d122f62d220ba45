"""Autoencoders (chapter 5)."""

from launch.configs import SupervisedConfig
from launch.experiments.experiment import Claim, Experiment
from supervised.autoencoders.configs import ConvolutionalConfig, DenseConfig
from supervised.settings import FitConfig, OptimizerConfig

EXPERIMENTS: dict[str, Experiment] = {
    "autoencoder_mnist": Experiment(
        summary="The book's 784-256-128 autoencoder of MNIST, beside principal components",
        config=SupervisedConfig(job=DenseConfig(book_start=True)),
        claim=Claim(
            metric="mse",
            book=0.0902813,
            note="chapter 5, training cost of one batch at epoch 19",
        ),
        cost="? s",
    ),
    "denoising_autoencoder_mnist": Experiment(
        summary="The book's 784-1024-2048 denoising autoencoder of MNIST, noise 0.3",
        config=SupervisedConfig(
            job=DenseConfig(
                noise=0.3,
                hidden_sizes=(1024, 2048),
                dropout=0.2,
                optimizer=OptimizerConfig(learning_rate=1e-3, schedule="cosine"),
                fit=FitConfig(epochs=10, batch_size=100),
            )
        ),
        claim=Claim(
            metric="mse",
            book=0.018221,
            note="chapter 5, training cost with dropout on, measured after the update",
        ),
        cost="? s",
    ),
    "conv_autoencoder_mnist": Experiment(
        summary="The book's convolutional denoising autoencoder of MNIST, noise 0.3",
        config=SupervisedConfig(
            job=ConvolutionalConfig(
                noise=0.3,
                optimizer=OptimizerConfig(learning_rate=1e-3, schedule="cosine"),
                fit=FitConfig(epochs=5, batch_size=128),
            )
        ),
        claim=Claim(
            metric="mse",
            book=0.0238,
            note="chapter 5, 2391.946 summed over a training batch of 128 images",
        ),
        cost="? s",
    ),
}
