"""Boltzmann machines and deep belief networks (chapter 3)."""

from launch.config.supervised import SupervisedConfig
from launch.experiments.experiment import Claim, Experiment
from supervised.belief.configs import DbnBankConfig, DbnHousesConfig, RbmMnistConfig

EXPERIMENTS: dict[str, Experiment] = {
    "rbm_mnist": Experiment(
        summary="A restricted Boltzmann machine",
        about="A restricted Boltzmann machine learns MNIST by contrastive divergence",
        config=SupervisedConfig(job=RbmMnistConfig()),
        claim=Claim(
            metric="reconstruction_error",
            note="chapter 3 diverges on the bank's calls, from 1.68 to 938.58 in 10 epochs",
        ),
        cost="51 s",
    ),
    "dbn_bank": Experiment(
        summary="Deep belief network on bank calls",
        about="A deep belief network on the bank's calls, beside one without pre-training",
        config=SupervisedConfig(job=DbnBankConfig()),
        claim=Claim(
            metric="accuracy",
            book=0.900554,
            note="chapter 3, one test split; 1,544 columns of it one-hot durations",
            comparable=True,
        ),
        cost="41 s",
    ),
    "dbn_houses": Experiment(
        summary="Deep belief network, house prices",
        about="A deep belief network predicts house prices, beside ridge regression",
        config=SupervisedConfig(job=DbnHousesConfig()),
        claim=Claim(metric="rmse", note="chapter 3 names the set and prints no figure"),
        cost="29 s",
    ),
}
