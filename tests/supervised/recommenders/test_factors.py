"""Factors by hand, the answers for the unknown, and that they learn more than biases."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from supervised.core.examples import Examples
from supervised.core.job import InputError
from supervised.core.settings import FitConfig, OptimizerConfig
from supervised.datasets import movielens
from supervised.datasets.source import Source
from supervised.recommenders import clusters, controls, exploration, factorization, factors
from supervised.recommenders.configs import ClustersConfig, EdaConfig, FactorizationConfig
from supervised.recommenders.serving import Recommender
from supervised.recommenders.table import Penalties, Table
from tests.supervised.recorder import Recorder, beside

CONFIG = FactorizationConfig(
    factors=8,
    l2=0.05,
    optimizer=OptimizerConfig(learning_rate=1e-2),
    fit=FitConfig(epochs=20, batch_size=256, keep="best"),
)


def small() -> factors.keras.Model:
    """Two people, 10 and 20; three films, 5, 6 and 7; one factor."""
    core = factors.build(FactorizationConfig(factors=1), 2, 3, 3.0, 0)
    core.get_layer("factors").set_weights(
        [
            np.array([[9.0], [1.0], [-1.0]]),
            np.array([[9.0], [0.5], [1.0], [-1.0]]),
            np.array([9.0, 0.1, 0.2]),
            np.array([9.0, 0.01, 0.02, 0.03]),
        ]
    )
    return factors.export(core, np.array([10, 20]), np.array([5, 6, 7]))


def test_a_rating_by_hand_and_the_unknown_add_nothing():
    model = small()
    x = {"user": np.array([10, 20, 99, 10, 99]), "movie": np.array([5, 7, 6, 99, 99])}
    expected = [3.0 + 0.1 + 0.01 + 0.5, 3.0 + 0.2 + 0.03 + 1.0, 3.02, 3.1, 3.0]
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-6)
    table = Table.of(model)
    np.testing.assert_allclose(table.row(20), [3.21 - 0.5, 3.22 - 1.0, 3.23 + 1.0], rtol=1e-6)
    np.testing.assert_allclose(table.row(99), [3.01, 3.02, 3.03], rtol=1e-6)
    np.testing.assert_allclose(table.rows(np.array([0, 1]))[1], table.row(20), rtol=1e-6)


def test_penalties_are_of_a_ratings_own_factors():
    core = factors.build(FactorizationConfig(factors=1, l2=0.5, bias_l2=0.25), 1, 1, 3.0, 0)
    layer = core.get_layer("factors")
    layer.set_weights(
        [np.array([[9], [2.0]]), np.array([[9], [3.0]]), np.array([9, 0.5]), np.array([9, 1.0])]
    )
    layer({"user": np.array([1, 1]), "movie": np.array([1, 0])}, training=True)
    # Squares of factors 4 + 9 and 4, of biases 0.25 + 1 and 0.25, as means.
    assert float(sum(layer.losses)) == pytest.approx(0.5 * 8.5 + 0.25 * 0.75)


def answering() -> Recommender:
    films = pd.DataFrame(
        {
            "movie": [5, 6, 7, 8],
            "title": ["GoldenEye (1995)", "Heat (1995)", "Golden Bowl (2000)", "None (1999)"],
            "genres": "Action",
        }
    )
    people = pd.DataFrame({"user": [10, 20], "gender": "F", "age": 25, "occupation": "0"})
    data = movielens.Movielens(
        name="ml-1m",
        kind="sample",
        users=np.array([0, 0, 1, 1], np.int32),
        movies=np.array([0, 1, 1, 2], np.int32),
        ratings=np.array([4, 2, 5, 3], np.float32),
        times=np.zeros(4, np.int64),
        people=people,
        films=films,
    )
    return Recommender(
        table=Table.of(small()),
        data=data,
        low=1.0,
        high=5.0,
        liked=4.0,
        penalties=Penalties(l2=0.05, bias_l2=0.02),
    )


def test_lists_leave_out_what_was_rated_and_name_films_by_their_numbers():
    recommender = answering()
    top = recommender.top(10, 5)
    assert top["movie"].tolist() == [7]
    assert top["title"].tolist() == ["Golden Bowl (2000)"]
    # Films 5 and 6 have a rating of 4 or more each, film 7 has none.
    unknown = recommender.top(99, 3)
    assert unknown["movie"].tolist() == [6, 5, 7]
    assert set(unknown["by"]) == {"popularity"}
    assert not recommender.knows(99)
    assert recommender.similar("goldeneye", 2)["movie"].tolist() == [6, 7]
    assert recommender.similar("5", 1)["cosine"].tolist() == [pytest.approx(1.0)]
    rated = recommender.rate(10, "Heat").iloc[0]
    assert (rated["movie"], rated["rated"], rated["user_known"]) == (6, 2, True)
    assert rated["rating"] == pytest.approx(3 + 0.1 + 0.02 + 1.0)
    alike = recommender.alike(10, 20).iloc[0]
    assert (alike["cosine"], alike["common"]) == (pytest.approx(-1.0), 1)
    assert np.isnan(alike["pearson"])


def test_a_person_whose_ratings_are_all_later_than_the_training_is_a_newcomer():
    known = answering()
    people = pd.DataFrame({"user": [10, 20, 30, 40]})
    data = replace(
        known.data,
        people=people,
        users=np.array([0, 0, 1, 1, 2, 3], np.int32),
        movies=np.array([0, 1, 1, 2, 1, 3], np.int32),  # film 8, of 40, is not in the table
        ratings=np.array([4, 2, 5, 3, 5, 5], np.float32),
    )
    recommender = replace(known, data=data)
    assert [recommender.knows(person) for person in (20, 30, 40)] == [True, True, False]
    later = recommender.top(30, 2)
    assert later.equals(recommender.top_of_newcomer({"Heat": 5.0}, 2))
    assert set(later["by"]) == {"factors"}
    assert set(recommender.top(40, 2)["by"]) == {"popularity"}


@pytest.mark.parametrize(
    ("film", "said"),
    [
        ("golden", "2 movies have this in their title: GoldenEye"),
        ("Alien", "no movie has this number, nor this in its title"),
        ("8", "nobody rated it in the training"),
    ],
)
def test_a_film_that_is_none_is_named(film, said):
    with pytest.raises(InputError, match=said):
        answering().similar(film, 3)
    for user in (0, 15, 99):
        assert np.isnan(answering().rate(user, "Heat")["rated"].iloc[0])
    with pytest.raises(InputError, match="user 3 has no ratings"):
        answering().alike(10, 3)


def test_biases_by_hand():
    x = {"user": np.array([1, 1], np.int32), "movie": np.array([1, 2], np.int32)}
    found = controls.biases(lambda: [Examples(x=x, y=np.array([5.0, 3.0]))], 1, 2)
    assert found.mean == 4.0
    # One rating of 1 above the mean, beside ten of the mean.
    np.testing.assert_allclose(found.films, [0, 1 / 11, -1 / 11])
    assert found.people.tolist() == [0, 0]
    # Films and people with place 0 are those that validation alone has.
    more = {"user": np.array([1, 1, 0], np.int32), "movie": np.array([1, 2, 0], np.int32)}
    unknown = Examples(x=more, y=np.array([5.0, 3.0, 5.0]))
    assert controls.popularity(unknown, 2, 4.0).tolist() == [1, 0]
    found = controls.biases(lambda: [unknown], 1, 2)
    assert found.people[0] == found.films[0] == 0


@pytest.mark.parametrize("split", ["random", pytest.param("last", marks=pytest.mark.slow)])
def test_factors_foretell_more_than_biases_and_rank(split):
    context = Recorder(source=Source(want="synthetic"))
    config = FactorizationConfig(
        **{**vars(CONFIG), "split": split},
    )
    result = factorization.run(config, context)
    metrics = result.metrics
    assert metrics["rmse"] < metrics["bias_rmse"] < metrics["mean_rmse"] == result.baseline
    assert beside(result, "rmse") == ({"bias"}, True)
    assert metrics["factors_coverage"] > metrics["popularity_coverage"]
    table = context.tables["ranking"]
    assert (table["low"] <= table["mean"]).all()
    assert (table["mean"] <= table["high"]).all()
    model = context.models["model"]
    again = factorization.evaluate(config, context, model)
    assert again["rmse"] == pytest.approx(metrics["rmse"])
    found = factorization.predict(config, model, ["1:1", "9999:1"], context)
    assert found["user_known"].tolist() == [True, False]
    with pytest.raises(InputError, match="expected USER:MOVIE"):
        factorization.predict(config, model, ["1-1"], context)


@pytest.mark.slow
def test_clusters_know_genres_that_factors_come_from():
    context = Recorder(source=Source(want="synthetic"))
    config = ClustersConfig(**vars(CONFIG), clusters=3, most=4, starts=2)
    result = clusters.run(config, context)
    assert result.metrics["factors_genre_information"] > 0.1
    genres = context.tables["genres"]
    ones = pd.get_dummies(context.tables["films"]["factors"])  # a cluster of each film
    by_cluster = genres[genres["vectors"] == "factors"].set_index("cluster")["films"]
    assert by_cluster.tolist() == ones.sum().tolist() == sorted(ones.sum(), reverse=True)
    assert {"elbow", "clusters"} <= set(context.figures)


def test_tables_of_films_by_hand():
    joined = pd.DataFrame(
        {"movie": [1, 1, 1, 2], "title": ["A", "A", "A", "B"], "gender": ["F", "M", "M", "M"]}
    ).assign(rating=[5.0, 2.0, 3.0, 4.0])
    found = exploration.by_film(joined).set_index("title")
    assert found.loc["A", "ratings"] == 3
    assert found.loc["A", "M - F"] == -2.5
    assert np.isnan(found.loc["B", "M - F"])  # where the book has 4 - 0


def test_the_books_figures_are_compared_with_the_whole_set_only():
    context = Recorder(source=Source(want="synthetic"))
    result = exploration.run(EdaConfig(fewest=50), context)
    assert "of the whole MovieLens 1M; this is synthetic" in result.notes[0]
    assert "book" not in context.tables
    data = movielens.load_1m(Source(want="synthetic"))
    joined = exploration._joined(data)
    frame = exploration.compare(data, joined, exploration.by_film(joined))
    assert not frame["agrees"].any()
    assert frame.set_index("figure").loc["films listed", "ours"] == 200
