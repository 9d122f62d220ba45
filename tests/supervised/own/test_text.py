"""The job on texts of one's own: read in every form, trained, scored, applied to new texts."""

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from common.settings import InvalidSetting
from launch.cli import main
from supervised.core.job import InputError, Result
from supervised.core.settings import FitConfig, OptimizerConfig
from supervised.datasets.source import DataError
from supervised.own import text_files
from supervised.own.configs import TextConfig
from tests.supervised.recorder import Recorder, Stopped, beside

QUICK = {
    "units": 8,
    "embedding": 8,
    "cell": "gru",
    "dropout": 0.0,
    "embedding_dropout": 0.0,
    "optimizer": OptimizerConfig(learning_rate=2e-2),
    "fit": FitConfig(epochs=6, batch_size=16),
}
KINDS = {
    "bill": ("invoice", "amount", "pay", "account"),
    "greeting": ("hello", "dear", "holiday", "friend"),
    "news": ("minister", "vote", "storm", "report"),
}
COMMON = ("the", "of", "a", "and", "to", "we", "this", "now")


def _mails(rng: np.random.Generator, count: int = 180) -> list[tuple[str, str]]:
    """Texts of common words and two of their kind, all different."""
    found = []
    for number in range(count):
        kind = list(KINDS)[number % len(KINDS)]
        words = [*rng.choice(COMMON, 6), *rng.choice(KINDS[kind], 2)]
        found.append((kind, " ".join([*rng.permutation(words), *["the"] * (number // 3)])))
    return found


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("own") / "mails.csv"
    rows = [f"{i};{text};{kind}" for i, (kind, text) in enumerate(_mails(np.random.default_rng(1)))]
    path.write_text("\n".join(["number;body;kind", *rows]), "utf-16")
    return path


def _run(config: TextConfig, context: Recorder) -> Result:
    from supervised.own import text  # TensorFlow

    return text.run(config, context)


@pytest.fixture(scope="module")
def learned(own) -> tuple[Recorder, Result, TextConfig]:
    context = Recorder()
    config = TextConfig(csv=own, text_column="body", target="kind", **QUICK)
    return context, _run(config, context), config


FORMS = [
    "ham\tgo on, \"until\nspam\tWIN cash\t\nham\tsee you\nham\tok lar\n",
    "kind,body text,n\nham,\"go on, \"\"until\",1\nspam,WIN cash,2\nham,see you,3\nham,ok lar,4\n",
    "label\ttext\nham\tgo on, \"until\nspam\tWIN cash\nham\tsee you\nham\tok lar\n",
    "go on, \"until\tham\nWIN cash\tspam\nsee you\tham\nok lar\tham\n",
]  # fmt: skip
TEXTS = {'go on, "until': "ham", "WIN cash": "spam", "see you": "ham", "ok lar": "ham"}


@pytest.mark.parametrize("contents", FORMS, ids=["label first", "table", "names", "label last"])
def test_texts_and_labels_are_told_from_the_file(tmp_path, contents):
    path = tmp_path / "own.txt"
    path.write_text(contents.replace("cash\t\n", "cash\n"))
    found = text_files.read(path)
    target = "kind" if "kind" in found.names else ""
    column, name = text_files.columns_of(found, "", target)
    texts, labels = found.frame[column].tolist(), found.frame[name].tolist()
    assert dict(zip(texts, labels, strict=True)) == TEXTS


def test_lines_without_a_tab_are_counted(tmp_path):
    path = tmp_path / "own.txt"
    path.write_text("ham\tsee you\n" * 40 + "a line that goes on\n")
    found = text_files.read(path)
    assert len(found.frame) == 40
    assert found.remarks == ("1 lines have no tab, or several: left out",)


@pytest.mark.parametrize("form", ["folder", "zip", "tar"])
def test_a_folder_for_each_class_is_read(tmp_path, form):
    files = {
        "ham/1.txt": b"see you",
        "ham/2": "caf\xe9 au lait".encode("latin-1"),
        "spam/a/3.txt": b"WIN cash",
        "spam/4.bin": b"\x89PNG\0\0\0",
        "spam/empty.txt": b" \n",
        "README": b"about this",
        ".DS_Store": b"\0",
        "ham/.hidden": b"no",
    }
    path = tmp_path / ("mails.zip" if form == "zip" else "mails")
    if form != "zip":
        for name, contents in files.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(contents)
    if form == "tar":
        with tarfile.open(tmp_path / "mails.tar.gz", "w:gz") as archive:
            archive.add(path, ".")
        path = tmp_path / "mails.tar.gz"
    if form == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, contents in files.items():
                archive.writestr(f"data/mails/{name}", contents)
    found = text_files.read(path)
    rows = sorted(found.frame.dropna().itertuples(index=False, name=None))
    assert rows == [("ham", "café au lait"), ("ham", "see you"), ("spam", "WIN cash")]
    assert found.frame["text"].isna().to_numpy().sum() == 1
    assert found.remarks == (
        "1 files are no texts: left out",
        "1 files are in no folder of a class: left out",
    )


def test_folders_that_are_no_classes_are_refused_with_the_way_out(tmp_path):
    for name in ("train/neg/1.txt", "train/pos/1.txt", "test/neg/1.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("so so")
    with pytest.raises(DataError, match=r"folders test, train, .* --folder .*/train --test .*/te"):
        text_files.read(tmp_path)
    with pytest.raises(DataError, match=r"a folder with texts for each class, .* only 'neg'"):
        text_files.read(tmp_path / "test")


TWO = "a,b,c\nx y,u a,p\nz y,u b,q\nx y,u c,p\nx q,u d,q\n"


@pytest.mark.parametrize(
    ("contents", "settings", "error", "says"),
    [
        ("", {}, DataError, "is empty"),
        ("no label here\nnor here\n", {}, DataError, "has one column only"),
        (TWO, {}, InputError, r"--text-column is missing: own.txt has the columns 'a', 'b', 'c'"),
        (TWO, {"text_column": "a"}, InputError, "--target is missing"),
        (TWO, {"text_column": "aa"}, DataError, "--text-column 'aa': no such column; did you"),
        (TWO, {"text_column": "a", "target": "1"}, InputError, "both 'a'"),
        ("p\tx y\np\tz y\n", {}, DataError, "the column has only 'p': there is nothing to predict"),
        (TWO, {"text_column": "a", "target": "2"}, DataError, "too many for classes$"),
        (TWO, {"group": "d", "target": "c"}, DataError, "--group 'd': no such column"),
    ],
    ids=[
        *("empty", "one column", "which text", "which target", "no such column", "the same"),
        *("one class", "no classes", "no such group"),
    ],
)
def test_what_is_wrong_is_said_before_anything_starts(tmp_path, contents, settings, error, says):
    path = tmp_path / "own.txt"
    path.write_text(contents)
    with pytest.raises(error, match=says):
        TextConfig(csv=path, **settings).check()


def test_settings_that_exclude_each_other_and_none_are_refused(tmp_path):
    with pytest.raises(InputError, match="--csv or --folder is missing"):
        TextConfig().check()
    with pytest.raises(InvalidSetting, match="--csv and --folder exclude each other"):
        TextConfig(csv=tmp_path, folder=tmp_path)
    with pytest.raises(InvalidSetting, match=r"--test-fraction must be in \(0, 0.5\)"):
        TextConfig(test_fraction=0.5)


def test_classes_are_learned_beside_controls(learned):
    context, result, _ = learned
    assert result.baseline is not None
    assert result.metrics["accuracy"] > 0.9 > 0.5 > result.baseline
    assert beside(result, "accuracy") == ({"naive_bayes", "logistic_regression"}, True)
    assert result.test_rows == 36
    assert context.lines[:2] == [
        "mails.csv: 3 columns, UTF-16, separated by semicolons, names in the first line",
        "texts are in the column 'body'; target kind: 3 classes, bill, greeting, news, so this is "
        "classification",
    ]
    assert context.lines[2].startswith("126 rows for training, 18 for validation, 36 for the test")
    classes = context.tables["classes"]
    assert classes["class"].tolist() == list(KINDS)
    assert classes["rows"].sum() == 36
    of_bills = classes.set_index("class").loc["bill"]
    assert result.metrics["precision_bill"] == of_bills["precision"]
    assert result.metrics["recall_bill"] == of_bills["recall"]
    assert {"confusion", "training"} <= set(context.figures)
    models = context.tables["figures"]["model"].tolist()
    assert models[::3] == ["recurrent network", "the commonest class"]


def test_new_texts_are_classified_and_their_words_told(learned, tmp_path):
    from supervised.own import text  # TensorFlow

    context, _, config = learned
    context.lines.clear()
    model = context.models["model"]
    given = ["now PAY this invoice!", "storm report"]
    found = text.predict(config, model, given, context)
    assert found["answer"].tolist() == ["bill", "news"]
    np.testing.assert_allclose(found.filter(like="p_").sum(axis=1), 1, rtol=1e-5)
    assert "for bill: " in context.lines[0]
    assert " pay +" in context.lines[0] or " invoice +" in context.lines[0]
    assert {"words_1", "words_2"} <= set(context.figures)
    path = tmp_path / "new.csv"
    assert "file" not in found
    path.write_text("a note to us,body\nx y,hello dear friend\nnone,\nx z,vote storm\n")
    found = text.predict(config, model, [str(path), given[1]], context)
    assert found["answer"].tolist() == ["greeting", "news", "news"]
    assert found["file"].tolist() == [str(path), str(path), ""]
    assert found["row"].tolist() == [1, 3, pd.NA]
    assert "new.csv: 1 of 3 rows have no text: left out" in context.lines
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "1.txt").write_text("hello\ndear friend")
    found = text.predict(config, model, [str(tmp_path / "more")], context)
    assert found["answer"].tolist() == ["greeting"]


def test_evaluation_repeats_the_run_and_leaves_out_what_was_trained_on(learned, own, tmp_path):
    from supervised.own import text  # TensorFlow

    context, result, config = learned
    model = context.models["model"]
    again = text.evaluate(config, context, model)
    assert {name: again[name] for name in ("accuracy", "precision_bill")} == {
        name: result.metrics[name] for name in ("accuracy", "precision_bill")
    }
    context.lines.clear()
    path = tmp_path / "other.tsv"
    lines = [line.split(";") for line in own.read_text("utf-16").splitlines()[1:]]
    mixed = [f"{kind}\t{body.upper()}" for _, body, kind in lines]
    path.write_text("\n".join([*mixed, "bill\tpay pay", "news\tvote vote", "joke\thaha ha"]))
    mixed_scores = text.evaluate(replace(config, test=path), context, model)
    assert mixed_scores["texts"] == 36 + 2
    assert "left out: 1 text of classes that the training has not: joke" in context.lines
    assert "other data: 144 of 182 rows were trained on: left out" in context.lines


def test_copies_are_taken_once_and_other_labels_of_them_counted(tmp_path):
    from supervised.own import text_data  # TensorFlow

    path = tmp_path / "own.tsv"
    lines = [f"{'pq'[i % 2]}\tword{'x' * i} of" for i in range(20)]
    path.write_text(
        "\n".join([*lines, "p\tWORD  of", "q\t Word of", "q\t<br>", "p\t", "\tlost it"])
    )
    context = Recorder()
    texts = text_data.read(TextConfig(csv=path), context)
    assert len(texts.every) == 20
    every = np.concatenate([texts.seen.hashes(), texts.test.hashes()])
    assert len(np.unique(every)) == 20
    assert "2 texts that repeat the words of another one were left out" in texts.notes
    assert "1 of them have another label than the first: it stays" in texts.notes
    assert "2 of 25 rows have no text: left out" in context.lines
    assert (
        "1 of 25 rows have no label in label: left out; NA, None, null and such are none"
        in context.lines
    )
    assert texts.notes[-1] == "the test has 4 texts only: its scores say little"


def test_copies_in_a_test_of_its_own_are_taken_once(own, tmp_path):
    from supervised.own import text_data  # TensorFlow

    path = tmp_path / "test.csv"
    # the first is no training text; its copies are no more tests of the model
    lines = ["bill,the very same bill", "news,another storm"]
    path.write_text("\n".join(["3,body", *lines, *["bill,The  very same bill"] * 5]))
    context, config = Recorder(), TextConfig(csv=own, text_column="body", target="3", test=path)
    texts = text_data.read(config, context)
    assert len(texts.test) == 2
    said = "5 texts of test.csv that repeat the words of another one were left out"
    assert said in context.lines
    # so they are where the model is evaluated
    text_data.keep(texts, 20, context)
    assert len(text_data.other(path, "auto", text_data.kept(context), context)) == 2


@pytest.mark.slow
def test_a_class_with_one_text_and_errors_over_groups(tmp_path):
    rows = [(i // 4, "pq"[i // 4 % 2], f"number {'x' * i}") for i in range(80)]
    path = tmp_path / "own.csv"
    lines = [f"{writer},{kind},{text}" for writer, kind, text in rows]
    path.write_text("\n".join(["writer,kind,text", *lines, "99,rare,alone it is"]))
    config = replace(TextConfig(csv=path, group="writer", **QUICK), fit=FitConfig(epochs=1))
    result = _run(config, Recorder())
    assert any("of writer: errors are over these" in note for note in result.notes)
    assert any("each of these classes has no t" in note for note in result.notes)
    assert result.sampling_errors["accuracy"] > 0


@pytest.mark.slow
def test_test_texts_in_a_folder_of_their_own_are_scored_but_training_texts(own, tmp_path):
    for number, (kind, body) in enumerate(_mails(np.random.default_rng(1), 6)):
        for name, contents in ((f"{number}", body), (f"new{number}", f"{body} indeed")):
            path = tmp_path / "test" / kind / f"{name}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(contents)
    config = TextConfig(csv=own, text_column="body", target="3", test=tmp_path / "test", **QUICK)
    result = _run(replace(config, fit=FitConfig(epochs=1)), Recorder())
    assert result.test_rows is not None
    assert 6 <= result.test_rows <= 8
    assert any("texts of test are training texts: left out" in note for note in result.notes)


@pytest.mark.slow
def test_a_run_that_is_stopped_goes_on_to_the_same_bits(learned):
    first, result, config = learned
    context = Recorder(stop_after=3)
    with pytest.raises(Stopped):
        _run(config, context)
    context.stop_after = None
    assert _run(config, context).metrics == result.metrics
    for one, other in zip(
        first.models["model"].get_weights(), context.models["model"].get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
def test_a_trial_of_a_search_leaves_the_test_alone(learned):
    _, _, config = learned
    result = _run(replace(config, fit=FitConfig(epochs=1)), Recorder(final=False))
    assert result.metrics == {}
    assert 0 <= result.validation["accuracy"] <= 1


ALONE = """
import json, sys
import keras, numpy as np, tensorflow as tf
model = keras.models.load_model(sys.argv[1] + "/model.keras")
about = json.load(open(sys.argv[1] + "/texts.json"))
text = tf.constant(sys.argv[2:])
for pattern, replacement in about["cleaning"]:
    text = tf.strings.regex_replace(text, pattern, replacement)
text = tf.strings.lower(text, encoding="utf-8")
assert "supervised" not in sys.modules
print(json.dumps(model.predict(text, verbose=0).tolist()))
"""


@pytest.mark.slow
def test_a_model_is_loaded_by_plain_keras_and_says_the_same(learned, tmp_path):
    from supervised.own import text  # TensorFlow

    context, _, config = learned
    context.models["model"].save(tmp_path / "model.keras")
    (tmp_path / "texts.json").write_bytes(context.files["texts.json"])
    given = ["Now PAY 100 invoices!", "&lt;b&gt; STORM <i>report</i>\tÉcole"]
    command = [sys.executable, "-I", "-c", ALONE, str(tmp_path), *given]
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    ended = subprocess.run(
        command, capture_output=True, text=True, env=env, cwd=tmp_path, check=True
    )
    alone = np.array(json.loads(ended.stdout.splitlines()[-1]))
    ours = text.predict(config, context.models["model"], given, context)
    np.testing.assert_allclose(alone, ours[[f"p_{kind}" for kind in KINDS]], atol=1e-6)


@pytest.mark.slow
def test_a_whole_run_from_the_command_line(own, tmp_path, capsys):
    small = ("--units", "4", "--embedding", "4", "--fit.epochs", "2", "--local")
    flags = ("text", "--csv", str(own), "--text-column", "body", "--target", "kind", *small)
    assert main([*flags, "--run-dir", str(tmp_path / "run")]) == 0
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert result["claim"]["metric"] == "accuracy"
    assert result["data_files"]["mails.csv"]
    assert main([*flags, "--run-dir", str(tmp_path / "again")]) == 0
    again = json.loads((tmp_path / "again" / "result.json").read_text())
    assert again["fingerprint"] == result["fingerprint"]
    out = tmp_path / "out.csv"
    capsys.readouterr()
    assert main(["predict", str(tmp_path / "run"), "pay the invoice", "--out", str(out)]) == 0
    assert "pay the invoice" in capsys.readouterr().out
    assert (tmp_path / "out_words_1.png").read_bytes().startswith(b"\x89PNG")
    assert main(["evaluate", str(tmp_path / "run"), "--data", str(own)]) == 0
    assert main(["text", "--csv", str(tmp_path / "none.csv"), "--local"]) == 2
    assert "none.csv: cannot be read" in capsys.readouterr().err
