"""The job on ratings of one's own: trained, scored beside controls, applied, asked."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from launch.cli import main
from supervised.core.job import InputError, Result
from supervised.core.settings import FitConfig, OptimizerConfig
from supervised.datasets.source import DataError
from supervised.own.configs import RatingsConfig
from supervised.recommenders import recommender_file
from supervised.recommenders.film_names import FilmNames
from supervised.recommenders.table import Table
from tests.supervised.recorder import Recorder, Stopped, beside

PEOPLE, ITEMS = 120, 40
QUICK = {
    "factors": 4,
    "l2": 0.02,
    "optimizer": OptimizerConfig(name="lazy_adam", learning_rate=2e-2, schedule="cosine"),
    "fit": FitConfig(epochs=10, batch_size=1_000, keep="best"),
}


def _text(rng: np.random.Generator, count: int = 2_400) -> str:
    """People of two tastes rate items of two kinds from 0.5 to 5, at times of their own."""
    pairs = rng.choice(PEOPLE * ITEMS, count, replace=False)
    user, item = np.divmod(pairs, ITEMS)
    score = 3 + 1.2 * (1 - 2 * (user % 2)) * (1 - 2 * (item % 2)) + rng.normal(0, 0.4, count)
    stars = (np.round(2 * score) / 2).clip(0.5, 5)
    lines = [
        f"Ü{u},b{i},{s},{1_000 + n}"
        for n, (u, i, s) in enumerate(zip(user, item, stars, strict=True))
    ]
    return "\n".join(["reviewer,product,stars,timestamp", *lines])


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("own") / "shop.csv"
    path.write_text(_text(np.random.default_rng(1)), "utf-8")
    return path


def _run(config: RatingsConfig, context: Recorder) -> Result:
    from supervised.own import ratings  # TensorFlow

    return ratings.run(config, context)


@pytest.fixture(scope="module")
def trained(own) -> tuple[Recorder, Result, RatingsConfig]:
    context = Recorder()
    config = RatingsConfig(csv=own, **QUICK)
    return context, _run(config, context), config


def test_factors_foretell_more_than_biases_and_all_that_is_told_is_said(trained):
    context, result, _ = trained
    metrics = result.metrics
    assert metrics["rmse"] < 0.6 < metrics["bias_rmse"] < 1.1 * metrics["mean_rmse"]
    assert result.baseline == metrics["mean_rmse"]
    assert beside(result, "rmse") == ({"bias"}, True)
    assert metrics["factors_ndcg"] > metrics["popularity_ndcg"]
    assert not any("use what is simpler" in note for note in result.notes)
    assert result.test_rows == 480
    assert context.lines[0].endswith("user reviewer, item product, rating stars, time timestamp")
    assert context.lines[1:4] == [
        "2,400 ratings of 40 items by 120 people, 0.5 to 5",
        "liked are 4 or more (--liked)",
        "1,680 ratings for training, 240 for validation, 480 for the test: in the order of time",
    ]
    assert set(context.tables["ranking"]["recommender"]) == {"factors", "popularity", "svd"}
    assert {"errors", "lists", "training"} <= set(context.figures)
    assert {"rmse_in_units", "val_rmse_in_units"} <= set(context.tables["history"])


def test_the_same_seed_gives_the_same_bits(trained):
    context, result, config = trained
    again = Recorder()
    assert _run(config, again).metrics == result.metrics
    pairs = zip(*(c.models["model"].get_weights() for c in (context, again)), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)
    assert context.files == again.files


def test_evaluation_repeats_the_run_and_leaves_out_what_was_trained_on(trained, own, tmp_path):
    from supervised.own import ratings  # TensorFlow

    context, result, config = trained
    model = context.models["model"]
    again = ratings.evaluate(config, context, model)
    assert again["rows"] == 480
    assert again["rmse"] == result.metrics["rmse"]
    lines = own.read_text("utf-8").splitlines()
    other = tmp_path / "other.csv"
    # two that were trained on, one of the test, one of a stranger
    other.write_text("\n".join([*lines[:3], lines[-1], "stranger,b1,4,1"]), "utf-8")
    context.lines.clear()
    scored = ratings.evaluate(replace(config, test=other), context, model)
    assert scored["rows"] == 1
    assert context.lines[-2:] == [
        "other data: 2 of 4 rows were trained on: left out",
        "1 of 2 test ratings are of people without training ratings: left out",
    ]
    other.write_text("\n".join(lines[:9]), "utf-8")
    with pytest.raises(DataError, match="all 8 rows were trained on"):
        ratings.evaluate(replace(config, test=other), context, model)


def test_pairs_are_foretold_from_texts_and_files(trained, tmp_path):
    from supervised.own import ratings  # TensorFlow

    context, _, config = trained
    model = context.models["model"]
    found = ratings.predict(config, model, ["Ü0:b0", "Ü0:b1", "nobody:b0"], context)
    assert found["rating"].iloc[0] > 3.5 > 2.5 > found["rating"].iloc[1]
    assert found["user_known"].tolist() == [True, True, False]
    assert found["user"].tolist() == ["Ü0", "Ü0", "nobody"]
    path = tmp_path / "pairs.csv"
    path.write_text("product,reviewer\nb0,Ü0\nb1,Ü0\n,Ü1\n", "utf-8")
    again = ratings.predict(config, model, [str(path)], context)
    assert again["rating"].tolist() == found["rating"].tolist()[:2]
    assert context.lines[-1].endswith("left out: 1 lines without a person or an item")
    path.write_text("what,reviewer\nb0,Ü0\n", "utf-8")
    with pytest.raises(DataError, match=r"the items\? name it as in the training; there are"):
        ratings.predict(config, model, [str(path)], context)
    with pytest.raises(InputError, match="expected USER:ITEM, or a file"):
        ratings.predict(config, model, ["Ü0"], context)


@pytest.mark.parametrize(
    ("text", "user", "item"),
    [
        ("urn:x:1:b:2", "urn:x:1", "b:2"),
        ("urn:x:1:c", "urn:x:1", "c"),
        ("c:b:2", "c", "b:2"),
        ("d::c", "d:", "c"),
        ("urn:x:9:c", "urn", "x:9:c"),  # nobody's name: the first colon
    ],
)
def test_names_with_colons_are_told_by_what_the_training_knows(text, user, item):
    from supervised.own import ratings  # TensorFlow

    people, items = pd.Index(["c", "d:", "urn:x:1"]), pd.Index(["b:2", "c"])
    none = np.zeros((3, 1), np.float32)
    table = Table(
        people=people, films=items, mean=0.0, p=none, q=none[:2], b_u=none[:, 0], b_i=none[:2, 0]
    )
    assert ratings._pair(text, table).to_dict("list") == {"user": [user], "item": [item]}


def test_a_newcomer_gets_what_the_likes_say_and_a_stranger_what_is_popular(trained):
    context, _, _ = trained
    recommender = recommender_file.of_run(context)
    even = recommender.top_of_newcomer({"b0": 5.0, "b2": 4.5, "b1": 0.5}, 8)
    assert {int(name[1:]) % 2 for name in even["item"]} == {0}
    assert not {"b0", "b1", "b2"} & set(even["item"])
    odd = recommender.top_of_newcomer({"b1": None, "b3": None, "b0": 0.5}, 8)
    assert {int(name[1:]) % 2 for name in odd["item"]} == {1}
    stranger = recommender.top("nobody", 3)
    assert set(stranger["by"]) == {"popularity"}
    liking = recommender.data.movies[recommender.data.ratings >= 4]
    best = recommender.data.films["movie"].iloc[np.bincount(liking, minlength=ITEMS).argmax()]
    assert stranger["item"].iloc[0] == best
    assert set(recommender.top("Ü0", 3)["by"]) == {"factors"}
    with pytest.raises(InputError, match=r"b0=9: ratings go from 0\.5 to 5 here"):
        recommender.top_of_newcomer({"b0": 9.0}, 3)


def test_a_newcomer_with_a_persons_ratings_is_that_person(trained):
    """Their factors minimise the same loss, so both lists have about the same ratings."""
    context, _, _ = trained
    recommender = recommender_file.of_run(context)
    mine = recommender.ratings_so_far().query("user == 'Ü3'")
    given = dict(zip(mine["item"], mine["rating"].astype(float), strict=True))
    found = recommender.top_of_newcomer(given, ITEMS).set_index("item")["rating"]
    own = recommender.top("Ü3", ITEMS).set_index("item")["rating"]
    assert set(found.index) == set(own.index)
    assert np.abs(found - own[found.index]).mean() < 0.5


def test_choices_are_ranked_beside_popularity(tmp_path):
    rng = np.random.default_rng(2)
    path = tmp_path / "plays.csv"
    user, item = np.divmod(rng.choice(PEOPLE * ITEMS, 2_000, replace=False), ITEMS)
    mine = user % 2 == item % 2  # people listen to one of two kinds only
    lines = [f"{u},{i},{1 + u % 3}" for u, i in zip(user[mine], item[mine], strict=True)]
    path.write_text("\n".join(["user,track,plays", *lines]))
    context = Recorder()
    result = _run(RatingsConfig(csv=path, implicit=True, **QUICK), context)
    assert result.metric == "ndcg"
    assert result.metrics["ndcg"] > 1.3 * result.metrics["popularity_ndcg"]
    assert result.baseline == result.metrics["popularity_ndcg"]
    assert beside(result, "ndcg") == ({"popularity", "svd"}, True)
    beaten = result.metrics["svd_ndcg"] >= result.metrics["ndcg"]
    note = "factors rank no better than svd: use what is simpler"
    assert (note in result.notes) is beaten
    recommender = recommender_file.of_run(context)
    found = recommender.top_of_newcomer({"4": None, "6": None}, 10)
    assert (found["item"] % 2 == 0).mean() > 0.8


@pytest.mark.slow
def test_a_rating_is_the_same_on_any_scale(trained, own, tmp_path):
    _, result, config = trained
    lines = [line.split(",") for line in own.read_text("utf-8").splitlines()]
    larger = [",".join([u, i, str(8 * float(s)), t]) for u, i, s, t in lines[1:]]
    path = tmp_path / "larger.csv"
    path.write_text("\n".join([",".join(lines[0]), *larger]), "utf-8")
    found = _run(replace(config, csv=path), Recorder())
    assert found.metrics["rmse"] == pytest.approx(8 * result.metrics["rmse"], rel=1e-3)


@pytest.mark.slow
def test_a_run_that_is_stopped_goes_on_to_the_same_bits(trained):
    _, result, config = trained
    context = Recorder(stop_after=4)
    with pytest.raises(Stopped):
        _run(config, context)
    context.stop_after = None
    assert _run(config, context).metrics == result.metrics


def test_ratings_of_a_test_in_a_file_of_their_own(trained, own, tmp_path):
    _, _, config = trained
    lines = own.read_text("utf-8").splitlines()
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    train.write_text("\n".join(lines[:2_001]), "utf-8")
    test.write_text("\n".join([lines[0], *lines[1_991:]]), "utf-8")
    config = replace(config, csv=train, test=test, split="random", fit=FitConfig(epochs=1))
    result = _run(config, Recorder())
    assert result.test_rows == 400
    assert "10 ratings of test.csv are training ratings: left out" in result.notes
    beaten = result.metrics["bias_rmse"] <= result.metrics["rmse"]
    simpler = "factors foretell no better than biases of people and items"
    assert any(note.startswith(simpler) for note in result.notes) is beaten
    trial = _run(config, Recorder(final=False))
    assert trial.metrics == {}
    assert trial.validation["rmse"] > 0


@pytest.mark.parametrize(
    ("test", "said"),
    [("u1,i1,5\nu2,i2,1\n", "has no rating that is not"), ("new,i1,5\n", "is of somebody with")],
    ids=["trained on", "new people"],
)
def test_a_test_that_scores_nothing_is_refused_before_the_training(tmp_path, test, said):
    path, other = tmp_path / "own.csv", tmp_path / "test.csv"
    path.write_text("user,item,rating\n" + "".join(f"u{n},i{n},{n}\n" for n in range(20)))
    other.write_text(f"user,item,rating\n{test}")
    context = Recorder()
    with pytest.raises(DataError, match=said):
        _run(RatingsConfig(csv=path, test=other, **QUICK), context)
    assert not context.models


def test_a_person_is_no_number_that_is_not_written_so():
    from supervised.own import ratings  # TensorFlow

    known, large = pd.Index([1, 2]), 123_456_789_012_345_678  # more digits than a float has
    given = pd.Series(["1", "1.5", "1e0", "01", "?", str(large)])
    assert ratings._like(known, given).tolist() == [1, -1, -1, -1, -1, large]


def test_a_test_of_new_people_only_is_refused_before_the_training(tmp_path):
    path = tmp_path / "new.csv"
    lines = [f"u{n // 10},i{n % 10},{1 + n % 5},{n}" for n in range(200)]
    path.write_text("\n".join(["user,item,rating,time", *lines]))
    with pytest.raises(DataError, match="all are of new people; --split random"):
        _run(RatingsConfig(csv=path, **QUICK), Recorder())


def test_too_few_ratings_and_times_that_are_wanted_are_named(tmp_path):
    path = tmp_path / "few.csv"
    path.write_text("user,item,rating\nu,a,1\nv,b,2\n")
    with pytest.raises(DataError, match="2 ratings cannot be divided into 3 parts"):
        _run(RatingsConfig(csv=path, **QUICK), Recorder())
    with pytest.raises(DataError, match="--split time: no times were found"):
        _run(RatingsConfig(csv=path, split="time", **QUICK), Recorder())


@pytest.mark.slow
def test_a_whole_run_answers_by_command(own, tmp_path, capsys, monkeypatch):
    folder, people, out = tmp_path / "run", tmp_path / "people.txt", tmp_path / "lists.csv"
    flags = ["--factors", "4", "--fit.epochs", "2", "--local", "--run-dir", str(folder)]
    assert main(["ratings", "--csv", str(own), *flags]) == 0
    result = json.loads((folder / "result.json").read_text())
    assert result["claim"]["metric"] == "rmse"
    assert result["data_sets"] == {"shop.csv": "real"}
    people.write_text("Ü1\nnobody\n", "utf-8")
    capsys.readouterr()
    asked = ["recommend", str(folder), "--k", "2"]
    assert main([*asked, "--batch", str(people), "--out", str(out)]) == 0
    assert "1 of 2 people are not known" in capsys.readouterr().err
    lists = pd.read_csv(out)
    assert lists["user"].tolist() == ["Ü1", "Ü1", "nobody", "nobody"]
    assert lists["rank"].tolist() == [1, 2, 1, 2]
    assert lists["by"].tolist() == ["factors"] * 2 + ["popularity"] * 2
    answers = iter(["Ü1\n", "b0=5; b1=0.5\n", "stranger\n", "b0=x\n", "\n"])
    monkeypatch.setattr("sys.stdin.readline", lambda: next(answers))
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    assert main(asked) == 0
    said = capsys.readouterr()
    assert said.out.count("item") == 3
    assert "b0=x: expected TITLE=RATING" in said.out
    assert "stranger: nobody of whom there are ratings" in said.err
    assert main([*asked, "--rate", "b0=5", "b1=1"]) == 0
    assert main([*asked, "--rate", "Ü1", "b0"]) == 0
    assert main([*asked, "--rate", "b0=5", "--user", "Ü1"]) == 2
    assert main([*asked, "--similar-to", "none"]) == 2
    assert main(["ratings", "--csv", str(tmp_path / "no.csv"), "--local"]) == 2


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ("Toy Story", 1),
        ("toy story 2", 2),
        ("the godfather", 3),
        ("Godfather", 3),
        ("Godfather, The", 3),
        ("part ii", 4),
        ("4", 4),
        ("Heat (1995)", 5),
        ("Heat", None),
        ("story", None),
    ],
)
def test_a_film_is_found_by_what_people_call_it(given, number):
    titles = [
        *("Toy Story (1995)", "Toy Story 2 (1999)", "Godfather, The (1972)"),
        *("Godfather: Part II, The (1974)", "Heat (1995)", "Heat (1972)"),
    ]
    names = FilmNames(pd.DataFrame({"movie": range(1, 7), "title": titles}), "movie")
    if number is None:
        with pytest.raises(InputError, match=f"{given}: 2 movies have this in their title: "):
            names.one(given)
    else:
        assert names.one(given)["movie"] == number
