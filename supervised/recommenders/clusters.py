"""Films in clusters: by who rated them, and by their learned factors (book, chapter 9).

The book clusters columns of its user-item table, which has zeros for missing ratings. Its initial
centres are the first five films, and it prints no result. Deviations: columns have ratings less the
film's mean, so a zero is no opinion; centres start by k-means++ several times, and the best result
is kept; elbow and silhouette are shown, too. The factors come from a matrix factorization of the
same ratings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure

from supervised.core import plots
from supervised.core.job import Context, Result
from supervised.datasets.source import DataError
from supervised.recommenders import factorization, rated
from supervised.recommenders.configs import ClustersConfig
from supervised.recommenders.rated import Parts
from supervised.recommenders.table import Table

_SILHOUETTE = 1_500  # films that it is measured on


@dataclass(frozen=True, kw_only=True)
class _Clustering:
    """Clusters of films by one kind of vectors.

    Attributes:
        labels: [N] the cluster of each film; 0 is the largest cluster.
        inertias: Sum of squared distances by the number of clusters.
        silhouettes: Mean silhouette by the number of clusters.
        flat: [N, 2] first two principal components of the vectors.
    """

    labels: npt.NDArray[np.int64]
    inertias: Mapping[int, float]
    silhouettes: Mapping[int, float]
    flat: npt.NDArray[np.float64]


def run(config: ClustersConfig, context: Context) -> Result:
    """Clusters the films that were rated often enough, by two kinds of vectors.

    Raises:
        DataError: The ratings are missing or wrong.
    """
    data = rated.load(config.ratings, context)
    parts = rated.parts(data, config, context)
    chosen = np.bincount(data.movies[parts.train], minlength=len(data.films)) >= config.fewest
    if chosen.sum() <= config.most:
        raise DataError(
            f"{data.name}: {chosen.sum()} films with {config.fewest} ratings or more are too few "
            f"for {config.most} clusters; lower --fewest or --most"
        )
    table = Table.of(factorization.learn(config, parts, context))
    films = data.films.loc[chosen].reset_index(drop=True)
    vectors = {
        "raw": _raw(parts, chosen),
        "factors": table.q[np.isin(table.films, films["movie"])].astype(np.float64),
    }
    found = {
        name: _cluster(matrix, config, context.seed(f"clusters/{name}"))
        for name, matrix in vectors.items()
    }
    context.figure("elbow", _elbow(found, config.clusters))
    context.figure("clusters", _pictures(found))
    context.table("films", films.assign(**{name: c.labels for name, c in found.items()}))
    genres = pd.concat(
        [genre_shares(films, c.labels).assign(vectors=name) for name, c in found.items()]
    )
    context.table("genres", genres)
    metrics = {}
    for name, clustering in found.items():
        metrics[f"{name}_silhouette"] = clustering.silhouettes[config.clusters]
        metrics[f"{name}_genre_information"] = _information(films, clustering.labels)
    return Result(
        metrics=metrics,
        baseline=0.0,
        notes=(
            f"{len(films):,} films with {config.fewest} ratings or more; genre_information is the "
            "mutual information of a film's first genre and its cluster, adjusted for chance",
        ),
    )


def genre_shares(films: pd.DataFrame, labels: npt.NDArray[np.int64]) -> pd.DataFrame:
    """A table of the films of each cluster, and the share of them that has each genre."""
    flags = films["genres"].str.get_dummies("|")
    shares = flags.groupby(labels).mean()
    shares.insert(0, "films", pd.Series(labels).value_counts().sort_index())
    return shares.rename_axis("cluster").reset_index()


def _raw(parts: Parts, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Training ratings less the film's mean [N, U], films by people; 0 for a missing rating."""
    from scipy import sparse  # slow to import

    data, rows = parts.data, parts.train
    movies, ratings = data.movies[rows], data.ratings[rows].astype(np.float64)
    counts = np.bincount(movies, minlength=len(data.films)).clip(1)
    means = np.bincount(movies, ratings, len(data.films)) / counts
    shape = (len(data.films), len(data.people))
    matrix = sparse.csr_matrix((ratings - means[movies], (movies, data.users[rows])), shape)
    return matrix[np.flatnonzero(chosen)].toarray()


def _cluster(matrix: npt.NDArray[np.float64], config: ClustersConfig, seed: int) -> _Clustering:
    from sklearn.cluster import KMeans  # slow to import
    from sklearn.decomposition import PCA
    from sklearn.metrics import silhouette_score

    k_means: Any = KMeans  # its annotations leave out what it documents
    inertias, silhouettes = {}, {}
    labels = np.zeros(len(matrix), np.int64)
    measured: dict[str, Any] = {"sample_size": min(_SILHOUETTE, len(matrix)), "random_state": seed}
    for k in range(2, config.most + 1):
        means: Any = k_means(k, n_init=config.starts, random_state=seed).fit(matrix)
        inertias[k] = float(means.inertia_)
        silhouettes[k] = float(silhouette_score(matrix, means.labels_, **measured))
        if k == config.clusters:
            order = np.argsort(-np.bincount(means.labels_, minlength=k), kind="stable")
            labels = np.argsort(order)[means.labels_]
    flat = PCA(2, svd_solver="randomized", random_state=seed).fit_transform(matrix)
    return _Clustering(labels=labels, inertias=inertias, silhouettes=silhouettes, flat=flat)


def _information(films: pd.DataFrame, labels: npt.NDArray[np.int64]) -> float:
    from sklearn.metrics import adjusted_mutual_info_score  # slow to import

    return float(adjusted_mutual_info_score(films["genres"].str.partition("|")[0], labels))


def _elbow(found: Mapping[str, _Clustering], k: int) -> Figure:
    figure, axes = plots.panels(1, 2)
    inertia, silhouette = axes[0]
    for (name, clustering), color in zip(found.items(), plots.COLORS, strict=False):
        first = clustering.inertias[2]
        shares = [value / first for value in clustering.inertias.values()]
        inertia.plot(list(clustering.inertias), shares, ".-", color=color, label=name)
        measured = clustering.silhouettes
        silhouette.plot(list(measured), list(measured.values()), ".-", color=color, label=name)
    for panel in (inertia, silhouette):
        panel.axvline(k, color=plots.GREY, ls=":")
    plots.label(inertia, "elbow", "clusters", "squared distances, 1 at two", legend=True)
    plots.label(silhouette, "silhouette", "clusters", "mean silhouette", legend=True)
    return figure


def _pictures(found: Mapping[str, _Clustering]) -> Figure:
    figure, axes = plots.panels(1, len(found), size=(5.0, 4.5))
    for panel, (name, clustering) in zip(axes[0], found.items(), strict=True):
        panel.scatter(*clustering.flat.T, c=clustering.labels, cmap="tab10", s=5)
        plots.label(panel, f"films by {name}", "first component", "second component")
    return figure
