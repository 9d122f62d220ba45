"""Ratings on disk: what is stored, what an epoch has, and that it teaches what memory teaches."""

import numpy as np
import pytest
import tensorflow as tf

from supervised.core.settings import FitConfig
from supervised.datasets import movielens, rating_store, ratings
from supervised.datasets.source import DataError, Source
from supervised.recommenders import streamed
from supervised.recommenders.configs import StreamedConfig
from tests.supervised.recorder import Recorder, beside


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(rating_store, "BLOCK", 700)


@pytest.fixture
def path(tmp_path):
    data = movielens.synthetic(np.random.default_rng(0))
    user = data.people["user"].to_numpy()[data.users] * 7
    movie = data.films["movie"].to_numpy()[data.movies] * 3
    lines = (f"{u},{m},{r:g},978300760" for u, m, r in zip(user, movie, data.ratings, strict=True))
    path = tmp_path / "ml-20m" / "ratings.csv"
    path.parent.mkdir()
    path.write_text("userId,movieId,rating,timestamp\n" + "\n".join(lines) + "\n")
    return path


def test_what_is_stored_is_what_the_file_has(path, tmp_path, small_blocks):
    store = rating_store.store(path, tmp_path / "cache")
    assert (store.kind, len(store), store.blocks) == ("sample", 20_000, 29)
    assert store.note == "20,000 ratings, where 20,000,263 are published"
    rows = np.concatenate([store.block(number) for number in range(store.blocks)])
    expected = ratings.parse(path.read_bytes(), "file")
    np.testing.assert_array_equal(store.people[rows["user"]], expected.users)
    np.testing.assert_array_equal(store.films[rows["movie"]], expected.movies)
    np.testing.assert_array_equal(rows["rating"], expected.values)
    assert not list((tmp_path / "cache").iterdir())  # it has no name, and leaves nothing


def test_a_file_in_pieces_is_the_same(path, tmp_path, monkeypatch):
    whole = rating_store.store(path, tmp_path)
    monkeypatch.setattr("supervised.datasets.source._BLOCK", 10_000)
    pieces = rating_store.store(path, tmp_path)
    np.testing.assert_array_equal(whole.block(0), pieces.block(0))
    path.write_text("1,2,3,4\n" * 5_000 + "broken\n" * 300)
    with pytest.raises(DataError, match=r"ratings.csv: block \d+: .* are broken lines"):
        rating_store.store(path, tmp_path)
    path.write_text("1,2,3,4\n1,2,3,4\n3000000000,2,3,4\n")
    with pytest.raises(DataError, match=r"ratings.csv: numbers of people and films go from 0"):
        rating_store.store(path, tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        rating_store.store(path, tmp_path / "file")


def test_an_epoch_has_every_rating_of_its_part_once(small_blocks):
    store = rating_store.load(Source(want="synthetic"))
    parts = [streamed.Ratings.of(store, part) for part in ("train", "validation", "test")]
    assert sum(map(len, parts)) == len(store)
    assert len(parts[2]) == pytest.approx(5_000, rel=0.1)
    train, epoch = parts[0], tf.Variable(0)

    def taken() -> tuple[list[int], np.ndarray]:
        found = list(train.batches(512, 3, epoch).as_numpy_iterator())
        rows = np.concatenate([[x["user"], x["movie"], y] for x, y in found], axis=1)
        return [len(y) for _, y in found], rows

    sizes, first = taken()
    assert sizes[:-1] == [512] * (len(train) // 512)
    assert sum(sizes) == len(train)
    np.testing.assert_array_equal(taken()[1], first)
    epoch.assign(1)
    second = taken()[1]
    assert not np.array_equal(second, first)
    np.testing.assert_array_equal(*(rows[:, np.lexsort(rows)] for rows in (first, second)))
    direct = np.concatenate([[p.x["user"], p.x["movie"], p.y] for p in train.examples()], axis=1)  # type: ignore[call-overload]
    np.testing.assert_array_equal(direct[:, np.lexsort(direct)], first[:, np.lexsort(first)])


@pytest.mark.slow
def test_it_foretells_more_than_biases(small_blocks):
    context = Recorder(source=Source(want="synthetic"))
    config = StreamedConfig(factors=8, fit=FitConfig(epochs=12, batch_size=250, keep="best"))
    result = streamed.run(config, context)
    found = result.metrics
    assert beside(result, "rmse") == ({"bias"}, False)
    assert found["rmse"] < 0.97 * found["bias_rmse"] < 0.97 * found["mean_rmse"]
    again = streamed.evaluate(config, context, context.models["model"])
    assert again["rmse"] == pytest.approx(found["rmse"], rel=1e-5)
    answers = streamed.predict(config, context.models["model"], ["1:2"], context)
    assert 1 <= answers["rating"][0] <= 5
