"""Recommenders and factorization machines (chapter 9)."""

from launch.config.supervised import SupervisedConfig
from launch.experiments.experiment import Claim, Experiment
from launch.experiments.spaces import Choice, Range
from supervised.recommenders.configs import (
    ClustersConfig,
    EdaConfig,
    FactorizationConfig,
    MachinesConfig,
    PurchaseConfig,
    StreamedConfig,
)

_MISTAKE = (
    "chapter 9; worse than the mean's 1.117, and little better than saying 1 to everything, 2.813"
)

_EMPTY = "chapter 9, of purchases only: none of its rows is an item that was left"

EXPERIMENTS: dict[str, Experiment] = {
    "movielens_eda": Experiment(
        summary="What film ratings look like",
        about="What a million ratings of films look like: best films, ages, men and women",
        config=SupervisedConfig(job=EdaConfig()),
        claim=Claim(metric="mean", book=3.581564, note="chapter 9, of the whole MovieLens 1M"),
        cost="10 s",
    ),
    "mf_movielens": Experiment(
        summary="A million ratings by factorization",
        about="Factors of people and films foretell ratings, and rank films",
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
        summary="100,000 ratings by factorization",
        about="Factors of people and films foretell a hundred thousand ratings",
        config=SupervisedConfig(job=FactorizationConfig(ratings="ml-100k")),
        claim=Claim(metric="rmse", note="the book has the million only"),
        cost="15 s",
    ),
    "mf_movielens_20m": Experiment(
        summary="20 million ratings, kept on disk",
        about="Factors foretell twenty million ratings, which stay on disk",
        config=SupervisedConfig(job=StreamedConfig()),
        claim=Claim(metric="rmse", note="the book has the million only"),
        cost="not measured",
        needs="ratings.csv",
    ),
    "kmeans_movies": Experiment(
        summary="Films in clusters",
        about="Films in clusters, by who rated them and by learned factors",
        config=SupervisedConfig(job=ClustersConfig()),
        claim=Claim(metric="factors_silhouette", note="chapter 9 has five clusters and no figure"),
        cost="1 min",
    ),
    "nfm_tags": Experiment(
        summary="Film tags, factorization machines",
        about="Factorization machines, one with attention and a neural one, on tags of films",
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
        summary="App use, factorization machines",
        about="Factorization machines, with attention and neural, on apps used in contexts",
        config=SupervisedConfig(job=MachinesConfig(rows="frappe")),
        claim=Claim(metric="rmse", note="the book has tags of films only"),
        cost="not measured",
    ),
    "fm_purchase": Experiment(
        summary="Which clicked items are bought",
        about="What of a shop's clicked items is bought, by a factorization machine",
        config=SupervisedConfig(job=PurchaseConfig()),
        claim=Claim(metric="accuracy", book=1.0, note=_EMPTY),
        cost="not measured",
        needs="yoochoose-clicks.dat",
    ),
    "fm_purchase_films": Experiment(
        summary="Which films get four stars or more",
        about="What of the films that people rate is bought: four stars or more are a purchase",
        config=SupervisedConfig(job=PurchaseConfig(shop="ml-1m")),
        claim=Claim(metric="accuracy", note="the book has a shop only"),
        cost="1 min",
    ),
    "fm_quantity": Experiment(
        summary="How much of an item is bought",
        about="How much of an item is bought, by a factorization machine",
        config=SupervisedConfig(job=PurchaseConfig(target="quantity")),
        claim=Claim(
            metric="mse",
            book=0.4897,
            note="chapter 9, targets of 0 and 1, of which saying 0.5 has 0.25; 0.5663 cold",
        ),
        cost="not measured",
        needs="yoochoose-clicks.dat",
    ),
    "fm_quantity_films": Experiment(
        summary="How many stars a film gets",
        about="How many stars people give to films, by a factorization machine",
        config=SupervisedConfig(job=PurchaseConfig(shop="ml-1m", target="quantity")),
        claim=Claim(metric="mse", note="the book has a shop only"),
        cost="1 min",
    ),
}
