"""The job on a table of one's own: trained, scored beside controls, applied to new rows."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from supervised.core.job import InputError, Result
from supervised.core.settings import FitConfig, NetworkConfig, OptimizerConfig
from supervised.datasets.source import DataError
from supervised.own.configs import TableConfig, TextConfig
from tests.supervised.recorder import Recorder, Stopped, beside

QUICK = {
    "network": NetworkConfig(hidden_sizes=(8,)),
    "optimizer": OptimizerConfig(learning_rate=3e-2),
    "fit": FitConfig(epochs=12, batch_size=16),
}
ROWS = 200


def _text(rng: np.random.Generator, count: int = ROWS) -> str:
    """Houses of three colours: dear ones are large, or blue."""
    size, color = rng.integers(20, 200, count), rng.choice(["red", "green", "blue"], count)
    price = 2.0 * size + 150.0 * (color == "blue")
    lines = [
        f"house {i};{s if i % 10 else ''};{c};{p:.1f};{'dear' if p > 250 else 'cheap'}".replace(
            ".", ","
        )
        for i, (s, c, p) in enumerate(zip(size, color, price, strict=True))
    ]
    return "\n".join(["name;size;color;price;class", *lines])


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("own") / "houses.csv"
    path.write_text(_text(np.random.default_rng(1)), "latin-1")
    return path


def _run(config: TableConfig, context: Recorder) -> Result:
    from supervised.own import table  # TensorFlow

    return table.run(config, context)


@pytest.fixture(scope="module")
def classes(own) -> tuple[Recorder, Result, TableConfig]:
    context = Recorder()
    config = TableConfig(csv=own, target="class", ignore=("price",), **QUICK)
    return context, _run(config, context), config


def test_a_class_is_told_and_learned_beside_controls(classes):
    context, result, _ = classes
    assert result.metric == "accuracy"
    assert result.baseline is not None
    assert result.metrics["accuracy"] > 0.85 > result.baseline
    assert beside(result, "accuracy") == ({"logistic_regression", "gradient_boosting"}, True)
    assert result.test_rows == 40
    assert "separated by semicolons, names in the first line" in context.lines[0]
    assert context.lines[1] == "numbers with decimal commas: price"
    assert "2 classes, cheap, dear, so this is classification" in context.lines[2]
    assert "left out, over half as many different words as fields: name" in context.lines
    assert set(context.tables["importances"]["column"]) == {"size", "color"}
    assert context.tables["importances"]["column"].iloc[0] == "size"
    assert {"confusion", "importances", "training"} <= set(context.figures)
    assert context.tables["figures"]["model"].tolist() == [
        *("perceptron", "logistic regression", "gradient boosting", "the commonest class"),
    ]


def test_a_number_is_told_and_its_r2_is_the_score(own):
    context = Recorder()
    config = TableConfig(csv=own, target="4", ignore=("class",), **QUICK)
    result = _run(config, context)
    assert result.metric == "r2"
    assert result.baseline is not None
    assert result.metrics["r2"] > 0.7 > 0.1 > result.baseline
    assert result.metrics["rmse"] == pytest.approx(result.metrics["mse"] ** 0.5)
    assert beside(result, "r2") == ({"ridge", "gradient_boosting"}, True)
    assert "residuals" in context.figures


def test_new_rows_are_foretold_and_what_is_new_in_them_is_said(classes, tmp_path):
    from supervised.own import table  # TensorFlow

    context, _, config = classes
    path = tmp_path / "new.csv"
    path.write_text("color,size,cellar\nblue,190,1\nred,20,0\npink,abc,1\n")
    context.lines.clear()
    found = table.predict(config, context.models["model"], [str(path)], context)
    assert found["class"].tolist()[:2] == ["dear", "cheap"]
    assert found["row"].tolist() == [1, 2, 3]
    np.testing.assert_allclose(found["p_cheap"] + found["p_dear"], 1, atol=1e-5)
    assert context.lines == [
        "new.csv: ignored, the training had none: cellar",
        "new.csv: size: 1 fields are no number, such as 'abc': taken as missing",
        "new.csv: color: 1 rows have words that are not told apart: 'pink'",
    ]
    path.write_text("blue,190\nred,20\n")
    with pytest.raises(DataError, match=r"lacks the columns 'size', 'color' .* --header no"):
        table.predict(config, context.models["model"], [str(path)], context)
    path.write_text("colour,size\nblue,190\n")
    with pytest.raises(DataError, match=r"lacks the column 'color' .* mean 'colour'\?"):
        table.predict(config, context.models["model"], [str(path)], context)


def test_a_missing_number_is_what_it_was_in_training(classes, tmp_path):
    from supervised.own import table  # TensorFlow

    context, _, config = classes
    path = tmp_path / "gaps.csv"
    path.write_text("color,size\nblue,\nblue,NA\nblue,?\n")
    found = table.predict(config, context.models["model"], [str(path)], context)
    assert len(np.unique(found["p_dear"])) == 1


def test_evaluation_repeats_the_run_and_leaves_out_what_was_trained_on(classes, own, tmp_path):
    from supervised.own import table  # TensorFlow

    context, result, config = classes
    model = context.models["model"]
    again = table.evaluate(config, context, model)
    assert again["accuracy"] == result.metrics["accuracy"]
    assert again["rows"] == 40
    new = tmp_path / "new.csv"
    new.write_text(_text(np.random.default_rng(2), 30))
    both = tmp_path / "both.csv"
    both.write_text(own.read_text("latin-1") + "\n" + new.read_text().partition("\n")[2])
    context.lines.clear()
    whole = table.evaluate(replace(config, test=new), context, model)
    assert "of 30 rows" in context.lines[-1]
    new.write_text(new.read_text().replace(";blue", ";pink", 1))
    table.evaluate(replace(config, test=new), context, model)
    assert "new.csv: color: 1 rows have words that are not told apart: 'pink'" in context.lines
    mixed = table.evaluate(replace(config, test=both), context, model)
    assert mixed["rows"] < 40 + 30 + 1
    assert whole["rows"] <= 30


def test_errors_are_over_the_groups_and_a_small_test_is_noted(tmp_path):
    from supervised.own import data  # TensorFlow

    lines = [f"{i // 5},{i * 7 % 11},{'ab'[i // 5 % 2]}" for i in range(60)]
    path = tmp_path / "visits.csv"
    path.write_text("\n".join(["patient,size,kind", *lines]))
    context = Recorder()
    table = data.read(TableConfig(csv=path, target="kind", group="patient"), context)
    assert table.groups is not None
    assert len(table.groups) == len(table.test) < 20
    of_groups = f"the test has {len(set(table.groups))} groups of patient: errors are over these"
    few = f"the test has {len(table.test)} rows only: its scores say little"
    assert table.notes[-2:] == (of_groups, few)
    from supervised.own import figures

    said = np.eye(2)[np.zeros(len(table.test), int)]
    score, error = figures._scored(table, table.test.answers, said, "accuracy")
    # groups are right or wrong as a whole
    count = len(set(table.groups))
    assert error == pytest.approx((score * (1 - score) / (count - 1)) ** 0.5)
    # columns are shuffled among some of the rows, whatever their groups
    some = table.test.answers[:3]
    assert figures._score(table, some, said[:3], "accuracy") == np.mean(some == 0)


@pytest.mark.parametrize(("by", "tested"), [("time", (8, 9)), ("group", (1, 4))])
def test_one_class_to_learn_from_is_refused_before_the_training(tmp_path, by, tested):
    from supervised.own import data, text_data  # TensorFlow

    # the test has the last two persons by time, and the two that are drawn, who alone are of b
    path = tmp_path / "own.csv"
    lines = [
        f"{i},{i // 10},some words {'x' * i},{i * 7 % 11},{'ab'[i // 10 in tested]}"
        for i in range(100)
    ]
    path.write_text("\n".join(["day,person,text,size,kind", *lines]))
    column = {"time": "day", "group": "person"}[by]
    settings: dict[str, Any] = {"csv": path, "target": "kind", by: column}
    both: Any = (
        (data.read, TableConfig(**settings)),
        (text_data.read, TextConfig(text_column="text", **settings)),
    )
    for read, config in both:
        says = f"--{by} {column}: training and validation have only the class 'a'"
        with pytest.raises(DataError, match=says):
            read(config, Recorder())


def test_a_row_without_a_group_is_a_group_of_its_own(tmp_path):
    from supervised.own import data  # TensorFlow

    # half of the rows are of no patient, and 10 of each of four
    lines = [f"{i // 10 if i < 40 else ''},{i * 7 % 11},{'ab'[i % 2]}" for i in range(80)]
    path = tmp_path / "visits.csv"
    path.write_text("\n".join(["patient,size,kind", *lines]))
    config = TableConfig(csv=path, target="kind", group="patient")
    table = data.read(config, Recorder())
    without = np.arange(40, 80)
    each = (table.parts.train, table.parts.validation, table.parts.test)
    assert all(np.isin(part, without).any() for part in each)
    assert "40 rows have no patient: each is taken as a group of its own" in table.notes
    assert table.groups is not None
    alone = int(np.isin(table.parts.test, without).sum())
    assert len(set(table.groups)) == alone + len(set(table.parts.test[table.parts.test < 40] // 10))
    new = tmp_path / "new.csv"
    new.write_text("\n".join(["patient,size,kind", *(f"1,{i},a" for i in range(20, 25))]))
    notes = data.read(replace(config, test=new), Recorder()).notes
    assert "40 rows have no patient: each is taken as a group of its own" in notes


@pytest.mark.parametrize("name", ["row", "file", "probability", "p_a"])
def test_answers_to_a_target_that_is_called_as_another_column_lose_nothing(
    own, tmp_path, monkeypatch, name
):
    from supervised.own import data, encoding, table  # TensorFlow

    path = tmp_path / "own.csv"
    path.write_text(own.read_text("latin-1").replace(";class", f";{name}"), "latin-1")
    config, context = TableConfig(csv=path, target=name, ignore=("price",)), Recorder()
    data.keep(data.read(config, context), context)
    said = np.tile([0.75, 0.25], (ROWS, 1))
    monkeypatch.setattr(encoding, "applied", lambda *_: said)
    model: Any = None  # its answers are given
    found = table.predict(config, model, [str(path)], context)
    chances = ["probability", "p_cheap", "p_dear"]
    assert [*found] == ["file", "row", f"predicted_{name}", *chances]
    assert set(found[f"predicted_{name}"]) == {"cheap"}
    assert found["row"].tolist() == [*range(1, ROWS + 1)]


@pytest.mark.slow
def test_a_run_that_is_stopped_goes_on_to_the_same_bits(classes):
    _, result, config = classes
    context = Recorder(stop_after=4)
    with pytest.raises(Stopped):
        _run(config, context)
    context.stop_after = None
    assert _run(config, context).metrics == result.metrics


@pytest.mark.slow
def test_a_trial_of_a_search_leaves_the_test_alone(classes):
    _, _, config = classes
    result = _run(replace(config, fit=FitConfig(epochs=1)), Recorder(final=False))
    assert result.metrics == {}
    assert 0 <= result.validation["accuracy"] <= 1


@pytest.mark.slow
def test_test_rows_in_a_file_of_their_own_are_scored_but_training_rows(own, tmp_path):
    path = tmp_path / "test.csv"
    new = _text(np.random.default_rng(3), 25).partition("\n")[2]
    path.write_text("\n".join([*own.read_text("latin-1").splitlines()[:6], new]))
    config = TableConfig(csv=own, target="class", test=path, ignore=("price",), **QUICK)
    config = replace(config, fit=FitConfig(epochs=1))
    result = _run(config, Recorder())
    assert result.test_rows is not None
    assert result.test_rows <= 25
    assert any("rows of test.csv are training rows: left out" in note for note in result.notes)


@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({"csv": None}, InputError, "--csv is missing"),
        (
            {"target": ""},
            InputError,
            "--target is missing: .* there are the columns 'name', 'size'",
        ),
        ({"target": "clas"}, DataError, r"--target 'clas': no such column; did you mean 'class'\?"),
        ({"ignore": ("x",)}, DataError, "--ignore 'x': no such column"),
    ],
)
def test_what_is_missing_is_said(own, settings, error, says):
    config = replace(TableConfig(csv=own, target="class", **QUICK), **settings)
    with pytest.raises(error, match=says):
        _run(config, Recorder())


def test_another_file_is_read_as_the_training_was(tmp_path):
    """What is true or a thousand there is so here, whatever stands in the other columns."""
    from supervised.own import data  # imports TensorFlow

    lines = [f"{'true' if i % 3 else 'false'};{1 + i % 9}.{i:03};{i % 2},5" for i in range(40)]
    path = tmp_path / "train.csv"
    path.write_text("\n".join(["member;count;price", *lines]))
    context = Recorder()
    table = data.read(TableConfig(csv=path, target="price"), context)
    assert table.columns.words == {"member": ("false", "true")}
    assert table.every.numbers[:2, 0].tolist() == [1000, 2001]
    found = data.other(path, table, context)
    np.testing.assert_array_equal(found.hashes(), table.every.hashes())
    (tmp_path / "other.csv").write_text("member;count;price\ntrue;2.500;1.500\n")
    found = data.other(tmp_path / "other.csv", table, context)
    assert (found.numbers.tolist(), found.answers.tolist()) == ([[2500]], [1500])


def test_a_test_without_any_known_class_is_refused(tmp_path):
    from supervised.own import data  # imports TensorFlow

    for name, words in {"train": ("Yes", "No"), "test": ("yes", "no")}.items():
        rows = "".join(f"{i},{words[i % 2]}\n" for i in (3, 1, 4, 1, 5, 9, 2, 6, 5, 3) * 4)
        (tmp_path / f"{name}.csv").write_text(f"x,y\n{rows}")
    config = TableConfig(csv=tmp_path / "train.csv", test=tmp_path / "test.csv", target="y")
    with pytest.raises(DataError, match=r"no row has a y of the training, such as 'No', 'Yes'"):
        data.read(config, Recorder())
