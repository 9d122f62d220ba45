"""Data and inputs that are wrong: one line that names them, exit code 2, no traceback, no run."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from launch.cli import main
from supervised.datasets import bank

HTML = b"<!DOCTYPE html><html><body>Please log in</body></html>"


def _error(capsys, *arguments: str) -> str:
    assert main(list(arguments)) == 2
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return captured.err.splitlines()[-1]


def _bank(folder: Path, change) -> Path:
    frame, target = bank.synthetic(np.random.default_rng(0), count=300).frame, "no"
    path = folder / "bank" / "bank-additional-full.csv"
    path.parent.mkdir(parents=True)
    change(frame.assign(y=target)).to_csv(path, sep=";", index=False)
    return path


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda frame: frame.drop(columns="euribor3m"), "euribor3m"),
        (lambda frame: frame.assign(age=np.nan), "age"),
        (lambda frame: frame.assign(y="perhaps"), "perhaps"),
        (lambda frame: frame.assign(age=-3.0), "age"),
    ],
    ids=["missing column", "NaN", "label", "range"],
)
def test_a_table_with_a_fault_is_named(capsys, tmp_path, change, says):
    path = _bank(tmp_path, change)
    flags = ["--local", "--data-dir", str(tmp_path), "--out", str(tmp_path / "out")]
    said = _error(capsys, "mlp_bank", *flags)
    assert str(path) in said
    assert says in said


# No time in it: parameters name tests, which pytest's two processes must name alike.
CUT_SHORT = gzip.compress(b"\0\0\x08\x03" + b"\0" * 20, mtime=0)


@pytest.mark.parametrize("contents", [HTML, CUT_SHORT, b""])
def test_files_that_are_no_images(capsys, tmp_path, contents):
    folder = tmp_path / "mnist"
    folder.mkdir()
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (folder / f"{name}-ubyte.gz").write_bytes(contents)
    flags = ["--local", "--data-dir", str(tmp_path), "--out", str(tmp_path / "out")]
    said = _error(capsys, "softmax_mnist", *flags)
    assert "train-images-idx3-ubyte.gz" in said


def test_data_are_looked_for_before_anything_starts(capsys, tmp_path, monkeypatch):
    """Not --local: Ray would take its time, and a second message."""
    monkeypatch.setattr("launch.cluster.connection.connected", pytest.fail)
    (tmp_path / "bank").mkdir()
    for name in ("spam.csv", "notes.txt"):
        (tmp_path / "bank" / name).write_text("x")
    flags = ["--data-dir", str(tmp_path), "--data-cache", str(tmp_path / "cache")]
    assert main(["mlp_bank", *flags]) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith(f"error: {tmp_path / 'bank'}: holds no bank-additional-full.csv; ")
    assert "there are notes.txt, spam.csv" in said
    assert main(["rnn_spam", *flags, "--data", "sample"]) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert "no installed package ships a sample" in said


def test_folders_that_hold_nothing(capsys, tmp_path):
    (tmp_path / "mnist").mkdir()
    flags = ["--local", "--data-dir", str(tmp_path), "--out", str(tmp_path / "out")]
    assert str(tmp_path / "mnist") in _error(capsys, "softmax_mnist", *flags)
    missing = str(tmp_path / "nowhere")
    assert _error(capsys, "softmax_mnist", "--data-dir", missing).endswith("no such folder")
    assert "--data synthetic" in _error(
        capsys,
        *("mlp_bank", "--local", "--data-cache", str(tmp_path / "cache")),
        *("--out", str(tmp_path / "out")),
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_predictions_for_a_users_own_files(capsys, tmp_path):
    digits, calls = tmp_path / "digits", tmp_path / "calls"
    small = ("--local", "--data", "synthetic", "--fit.epochs", "1", "--run-dir")
    assert main(["softmax_mnist", *small, str(digits)]) == 0
    assert main(["mlp_bank_no_duration", *small, str(calls)]) == 0
    capsys.readouterr()

    picture = tmp_path / "one.png"
    Image.fromarray(np.full((40, 40), 255, np.uint8)).save(picture)
    out = tmp_path / "predictions.csv"
    assert main(["predict", str(digits), str(picture), "--out", str(out)]) == 0
    assert out.read_text().startswith("picture,digit,probability,p_0")
    assert "one.png" in capsys.readouterr().out
    assert "no such file" in _error(capsys, "predict", str(digits), str(tmp_path / "two.png"))
    picture.write_bytes(HTML)
    assert str(picture) in _error(capsys, "predict", str(digits), str(picture))
    assert "needs inputs" in _error(capsys, "predict", str(digits))

    # Two calls that differ only in their duration, which is no input here.
    frame = bank.synthetic(np.random.default_rng(0), count=300).frame.iloc[[0, 0]]
    rows = tmp_path / "rows.csv"
    frame.assign(duration=[1.0, 3_000.0]).to_csv(rows, index=False)
    assert main(["predict", str(calls), str(rows), "--out", str(out)]) == 0
    answers = out.read_text().splitlines()
    assert answers[0] == "file,row,answer,probability_yes"
    assert answers[1].split(",")[3] == answers[2].split(",")[3]
    assert os.path.exists(rows)


@pytest.mark.slow
def test_a_users_own_face(capsys, tmp_path, monkeypatch):
    """With paths as they are typed, and refused in one line where there is nothing to use."""
    monkeypatch.chdir(tmp_path)
    flags = ("--local", "--out", str(tmp_path / "out"))
    assert "pass --model RUN" in _error(capsys, "emotion_predict", *flags)
    given = (*flags, "--model", "run", "--pictures", "me.png")
    assert "run: no such file" in _error(capsys, "emotion_predict", *given)
    assert "--face must be" in _error(capsys, "emotion_predict", "--face", "0", "0", "0", "9")
    small = ("--data", "synthetic", "--fit.epochs", "1", "--filters", "2", "--dense", "8")
    assert main(["emotion_faces", *small, "--local", "--run-dir", "run"]) == 0
    assert "me.png: no such file" in _error(capsys, "emotion_predict", *given)
    assert not (tmp_path / "out").exists()
    Image.fromarray(np.full((60, 90), 255, np.uint8)).save("me.png")
    beyond = ("--face", "40", "0", "60", "60")
    assert "reaches beyond the picture" in _error(capsys, "emotion_predict", *given, *beyond)
    more = ("--face", "20", "0", "60", "60", "--samples", "20", "--run-dir", "faces")
    assert main(["emotion_predict", *given, *more]) == 0
    assert (tmp_path / "faces" / "picture_01.png").exists()
    table = (tmp_path / "faces" / "emotions.csv").read_text().splitlines()
    assert table[0] == "picture,emotion,probability,mean,deviation,votes,data"
    assert table[1].startswith(f"{tmp_path / 'me.png'},angry,")
    assert len(table) == 8
    assert main(["predict", "run", "me.png"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[-2].split() == ["picture", "emotion", "probability"]
    assert told[-1].split()[0] == "me.png"


def test_pictures_for_style_transfer_that_are_missing(capsys, tmp_path):
    flags = ("style_transfer", "--local", "--out", str(tmp_path / "out"))
    lost = str(tmp_path / "cat.jpg")
    said = _error(capsys, *flags, "--content", lost, "--style", lost)
    assert said.startswith(f"error: {lost}: ")
    assert not (tmp_path / "out").exists()
