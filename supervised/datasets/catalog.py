"""All data sets, and where each of them is found."""

from supervised.datasets import (
    airline,
    bank,
    boston,
    cats_dogs,
    creditcard,
    faces,
    har,
    houses,
    imdb,
    interactions,
    iris,
    mnist,
    movielens,
    rating_store,
    sms,
    style_pictures,
    titanic,
    umich,
    yoochoose,
)
from supervised.datasets.finding import Place, place, require
from supervised.datasets.source import Info

__all__ = ["ALL", "BY_NAME", "Place", "place", "require"]

ALL: tuple[Info, ...] = (
    *(each.INFO for each in (mnist, bank, boston, houses, cats_dogs, faces, style_pictures)),
    *(each.INFO for each in (creditcard, sms, airline, imdb, umich, har)),
    *(movielens.ML_1M, movielens.ML_100K, rating_store.ML_20M),
    *(interactions.FRAPPE, interactions.ML_TAG),
    *(yoochoose.INFO, iris.INFO, titanic.INFO),
)

BY_NAME = {info.name: info for info in ALL}
