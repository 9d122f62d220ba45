"""Recommenders and factorization machines (chapter 9)."""

from launch.configs import SupervisedConfig
from launch.experiments.experiment import Claim, Experiment
from launch.spaces import Choice, Range
from supervised.recommenders.configs import (
    ClustersConfig,
    EdaConfig,
    FactorizationConfig,
    MachinesConfig,
)

_MISTAKE = (
    "chapter 9; worse than the mean's 1.117, and little better than saying 1 to everything, 2.813"
)

EXPERIMENTS: dict[str, Experiment] = {
    "movielens_eda": Experiment(
        summary="What a million ratings of films look like: best films, ages, men and women",
        config=SupervisedConfig(job=EdaConfig()),
        claim=Claim(metric="mean", book=3.581564, note="chapter 9, of the whole MovieLens 1M"),
        cost="10 s",
    ),
    "mf_movielens": Experiment(
        summary="Factors of people and films foretell ratings, and rank films",
        config=SupervisedConfig(job=FactorizationConfig()),
        claim=Claim(metric="rmse", book=2.760, note=_MISTAKE),
        cost="1 min",
        space={
            "optimizer.learning_rate": Range(low=1e-3, high=1e-2, log=True, steps=3),
            "factors": Choice(values=(16, 32, 64, 128)),
            "l2": Range(low=5e-3, high=1e-1, log=True, steps=4),
        },
    ),
    "mf_movielens_100k": Experiment(
        summary="The same of a hundred thousand ratings",
        config=SupervisedConfig(job=FactorizationConfig(ratings="ml-100k")),
        claim=Claim(metric="rmse", note="the book has the million only"),
        cost="not measured",
    ),
    "kmeans_movies": Experiment(
        summary="Films in clusters, by who rated them and by learned factors",
        config=SupervisedConfig(job=ClustersConfig()),
        claim=Claim(metric="factors_silhouette", note="chapter 9 has five clusters and no figure"),
        cost="not measured",
    ),
    "nfm_tags": Experiment(
        summary="Factorization machines, one with attention and a neural one, on tags of films",
        config=SupervisedConfig(job=MachinesConfig()),
        claim=Claim(
            metric="rmse",
            book=0.5427,
            note="chapter 9, its factorization machine; its neural one has 0.5578",
        ),
        cost="not measured",
        needs="ml-tag.train.libfm",
    ),
    "nfm_apps": Experiment(
        summary="The same on the use of apps in contexts",
        config=SupervisedConfig(job=MachinesConfig(rows="frappe")),
        claim=Claim(metric="rmse", note="the book has tags of films only"),
        cost="not measured",
    ),
}
