"""The job on pictures of one's own: read, divided, trained, scored beside controls, applied."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from common.settings import InvalidSetting
from launch.cli import main
from supervised.core.job import InputError, Result
from supervised.core.settings import FitConfig, LenetNetworkConfig, NetworkConfig, OptimizerConfig
from supervised.datasets import own_pictures
from supervised.datasets.source import DataError, Source
from supervised.own import image_configs
from supervised.own.image_configs import ImagesConfig
from tests.supervised.recorder import Recorder, Stopped, beside

SIDE = 16
LENET = LenetNetworkConfig(filters=(4, 8), hidden=16, convolution_dropout=0.0, hidden_dropout=0.0)
QUICK = {
    "size": SIDE,
    "lenet": LENET,
    "optimizer": OptimizerConfig(learning_rate=1e-2),
    "fit": FitConfig(epochs=30, batch_size=8, keep="best"),
}
COUNT = 40


def _striped(rng: np.random.Generator, upright: bool) -> Image.Image:
    """Stripes that stand or lie, of any colours, width and place: what small pixels do not tell."""
    side, width = int(rng.integers(20, 40)), int(rng.integers(4, 7))
    waves = (np.arange(side) + rng.integers(2 * width)) // width % 2
    colours = rng.integers(0, 256, (2, 3))
    colours[1] = (colours[0] + 128) % 256
    pixels = colours[np.broadcast_to(waves if upright else waves[:, None], (side, side))]
    return Image.fromarray(pixels.astype(np.uint8))


def _fill(folder: Path, counts: dict[str, int], seed: int = 0) -> Path:
    rng = np.random.default_rng(seed)
    for name, count in counts.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            picture = _striped(rng, upright=name.endswith("standing"))
            picture.save(folder / name / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("own") / "stripes"
    return _fill(folder, {"lying": COUNT, "standing": COUNT})


def _run(config: ImagesConfig, context: Recorder) -> Result:
    from supervised.own import images  # TensorFlow

    return images.run(config, context)


@pytest.fixture(scope="module")
def trained(own) -> tuple[Recorder, Result, ImagesConfig]:
    context, config = Recorder(), ImagesConfig(folder=own, **QUICK)
    return context, _run(config, context), config


class TestFormats:
    """Every picture becomes its middle square, upright, in the network's size and colours."""

    def read(self, path: Path, **settings) -> np.ndarray:
        from supervised.own import image_data  # TensorFlow

        return image_data.reader(ImagesConfig(size=8, **settings))(path)

    @pytest.mark.parametrize("ending", ["png", "jpg", "gif", "bmp", "tiff", "webp"])
    def test_every_format_is_read(self, tmp_path, ending):
        pixels = np.full((10, 20, 3), (200, 40, 120), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"a.{ending}", quality=95)
        found = self.read(tmp_path / f"a.{ending}")
        np.testing.assert_allclose(found, np.broadcast_to(pixels[0, 0], (8, 8, 3)), atol=12)

    def test_the_middle_is_cut_and_grey_has_no_colours(self, tmp_path):
        wide = np.zeros((8, 24, 3), np.uint8)
        wide[:, 8:16] = (255, 0, 0)
        Image.fromarray(wide).save(tmp_path / "a.png")
        np.testing.assert_array_equal(self.read(tmp_path / "a.png")[..., 0], 255)
        grey = self.read(tmp_path / "a.png", grey=True)
        np.testing.assert_array_equal(grey, np.full((8, 8), 76))  # 0.299 of 255

    def test_imagenets_networks_take_grey_as_colours(self, tmp_path):
        from supervised.own import image_data  # TensorFlow

        Image.new("RGB", (40, 40), (255, 0, 0)).save(tmp_path / "a.png")
        config = ImagesConfig(size=32, network="squeezenet", grey=True)
        found = image_data.reader(config)(tmp_path / "a.png")
        np.testing.assert_array_equal(found, np.full((32, 32, 3), 76))

    def test_a_picture_is_turned_as_its_camera_says(self, tmp_path):
        pixels = np.zeros((8, 8, 3), np.uint8)
        pixels[0] = 255  # the upper edge, which orientation 3 puts below
        exif = Image.Exif()
        exif[0x0112] = 3
        Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
        found = self.read(tmp_path / "a.png")
        assert (found[7] == 255).all()
        assert not found[:7].any()

    @pytest.mark.parametrize(
        ("picture", "value"),
        [
            (Image.new("RGBA", (8, 8), (0, 0, 0, 0)), 255),
            (Image.new("LA", (8, 8), (0, 0)), 255),
            (Image.new("P", (8, 8), 0), 0),
            (Image.new("1", (8, 8), 1), 255),
            (Image.fromarray(np.full((8, 8), 0x8000, np.uint16)), 0x80),
        ],
        ids=["alpha", "grey alpha", "palette", "a bit", "16 bits"],
    )
    def test_other_modes_become_bytes(self, tmp_path, picture, value):
        picture.save(tmp_path / "a.png")
        np.testing.assert_array_equal(self.read(tmp_path / "a.png"), np.full((8, 8, 3), value))


class TestFolders:
    def test_classes_are_folders_and_what_else_there_is_is_told(self, own, tmp_path):
        folder = _fill(tmp_path / "mine", {"a": 5, "b/deep": 5, "ö": 6, ".hidden": 3})
        (folder / "a" / "notes.txt").write_text("no picture")
        (folder / "a" / ".DS_Store").write_text("hidden")
        (folder / "empty").mkdir()
        found = own_pictures.listed(folder)
        assert found.classes == ("a", "b", "ö")
        assert found.labels.tolist() == [0] * 5 + [1] * 5 + [2] * 6
        assert set(found.parts) == {""}
        assert found.in_words == (
            "a folder for each class: 16 pictures of 3 classes: a 5, b 5, ö 6"
        )
        assert found.notes == (
            "left out, files that are no pictures by their names: 1: a/notes.txt",
            "left out, folders without pictures: 1: empty",
        )

    def test_folders_of_parts_are_told_by_their_names(self, tmp_path):
        counts = {"Train/a": 3, "Train/b": 4, "test/a": 1, "test/b": 1, "test/c": 2}
        folder = _fill(tmp_path / "mine", counts)
        found = own_pictures.listed(folder)
        assert found.classes == ("a", "b")
        assert found.parts == ("train",) * 7 + ("test",) * 2
        assert found.in_words.startswith("folders for train, test: 9 pictures")
        assert found.notes == ("left out, folders of classes that the training has not: 1: test/c",)
        assert own_pictures.listed(folder, "classes").classes == ("Train", "test")

    @pytest.mark.parametrize(
        ("counts", "layout", "says"),
        [
            ({"a": 5}, "auto", "two or more, found 1"),
            ({"all/a": 5, "all/b": 5}, "auto", "found 1; did you mean .*/all"),
            ({}, "auto", "found 0"),
            ({"a": 5, "b": 5}, "parts", "needs a folder train and a folder test"),
            ({"train/a": 5, "test/a": 5}, "auto", "found 1"),
        ],
        ids=["one class", "one too high", "empty", "no parts", "one class in parts"],
    )
    def test_what_is_no_such_folder_is_said(self, tmp_path, counts, layout, says):
        (tmp_path / "mine").mkdir()
        _fill(tmp_path / "mine", counts)
        with pytest.raises(DataError, match=says):
            own_pictures.listed(tmp_path / "mine", layout)

    def test_a_missing_folder_and_its_flag_are_named(self, tmp_path):
        with pytest.raises(InputError, match="--folder is missing"):
            ImagesConfig().check()
        with pytest.raises(DataError, match="nowhere: cannot be read"):
            ImagesConfig(folder=tmp_path / "nowhere").check()
        folder = _fill(tmp_path / "mine", {"a": 5, "b": 1})
        with pytest.raises(DataError, match=r"b: 1 pictures .* each class needs 5"):
            ImagesConfig(folder=folder).check()


class TestDividing:
    def divided(self, config: ImagesConfig, context: Recorder):
        from supervised.own import image_data  # TensorFlow

        data = image_data.read(config, context)
        return data, image_data.divided(data, config, context)

    def test_parts_are_at_random_and_classes_in_proportion(self, own):
        context = Recorder()
        data, parts = self.divided(ImagesConfig(folder=own, **QUICK), context)
        sizes = [len(rows) for rows in (parts.train, parts.validation, parts.test)]
        assert sizes == [52, 12, 16]
        assert data.labels[parts.test].sum() == 8
        together = np.concatenate([parts.seen, parts.test])
        assert sorted(together) == list(range(2 * COUNT))
        assert "16x16, in colour (--size, --grey): 0 MB in memory" in context.lines[-1]

    def test_broken_pictures_are_counted_and_named(self, tmp_path):
        folder = _fill(tmp_path / "mine", {"lying": 10, "standing": 10})
        whole = (folder / "lying" / "0.png").read_bytes()
        (folder / "lying" / "cut.png").write_bytes(whole[:-100])
        (folder / "standing" / "text.jpg").write_text("hello")
        (folder / "standing" / "empty.gif").touch()
        data, _ = self.divided(ImagesConfig(folder=folder, **QUICK), Recorder())
        assert len(data) == 20
        assert data.note == (
            "3 broken pictures were left out: lying/cut.png, standing/empty.gif, standing/text.jpg"
        )
        for path in folder.glob("*/*"):
            path.write_text("hello")
        with pytest.raises(DataError, match=r"lying/0\.png: expected a picture that Pillow"):
            self.divided(ImagesConfig(folder=folder, **QUICK), Recorder())

    def test_the_same_picture_is_used_once_whatever_its_format(self, tmp_path):
        folder = _fill(tmp_path / "mine", {"lying": 10, "standing": 10})
        Image.open(folder / "lying" / "0.png").save(folder / "lying" / "copy.bmp")
        Image.open(folder / "lying" / "1.png").save(folder / "standing" / "torn.tiff")
        data, parts = self.divided(ImagesConfig(folder=folder, **QUICK), Recorder())
        used = {data.files[row].name for row in (*parts.seen, *parts.test)}
        assert len(parts.seen) + len(parts.test) == 20
        assert not {"copy.bmp", "torn.tiff"} & used
        assert parts.notes[1] == "2 pictures are the same as another: each is used once"
        assert parts.notes[2].startswith("1 pictures are in two classes, such as ")
        assert parts.notes[3] == "the test has 4 pictures only: its scores say little"

    def test_a_training_picture_is_none_of_the_test(self, tmp_path):
        counts = {"train/lying": 6, "train/standing": 6, "test/lying": 3, "test/standing": 3}
        folder = _fill(tmp_path / "mine", counts)
        Image.open(folder / "train" / "lying" / "2.png").save(folder / "test" / "lying" / "0.png")
        data, parts = self.divided(ImagesConfig(folder=folder, **QUICK), Recorder())
        assert len(parts.seen) == 12
        assert len(parts.test) == 5
        assert set(data.parts[parts.test]) == {"test"}
        assert parts.notes[0].endswith("proportion, the test as its folder says")
        assert "1 test pictures are training pictures: left out of it" in parts.notes

    def test_a_folder_of_test_pictures_may_be_elsewhere(self, own, tmp_path):
        test = _fill(tmp_path / "later", {"lying": 2, "standing": 3, "owl": 1}, seed=5)
        config = ImagesConfig(folder=own, test=test, **QUICK)
        context = Recorder()
        data, parts = self.divided(config, context)
        assert [data.files[row].parent.parent for row in parts.test] == [test] * 5
        assert "left out, folders of classes that the training has not: 1: owl" in context.lines
        with pytest.raises(DataError, match="expected a folder of pictures for each class"):
            self.divided(replace(config, test=test / "owl"), Recorder())


def test_stripes_are_learned_beside_controls(trained, own):
    context, result, _ = trained
    assert result.metric == "accuracy"
    assert result.baseline == 0.5
    assert result.metrics["accuracy"] >= 0.85
    assert result.metrics["accuracy"] > result.metrics["logistic_regression_accuracy"]
    assert beside(result, "accuracy") == ({"logistic_regression", "neighbours"}, True)
    assert result.test_rows == 16
    assert {"pictures", "training", "confusion"} <= set(context.figures)
    assert context.tables["figures"]["model"].tolist() == [
        *("lenet", "logistic regression on 16x16 pixels", "5 nearest neighbours on 16x16 pixels"),
        "the commonest class",
    ]
    classes = context.tables["classes"]
    assert classes["class"].tolist() == ["lying", "standing"]
    assert classes["test"].tolist() == [8, 8]
    assert classes["recall"].tolist() == [
        result.metrics["recall_lying"],
        result.metrics["recall_standing"],
    ]
    wrong = round(16 * (1 - result.metrics["accuracy"]))
    assert len(context.tables["misclassified"]) == wrong
    assert ("misclassified" in context.figures) == (wrong > 0)


def test_evaluation_repeats_the_run_and_leaves_out_what_was_trained_on(trained, own, tmp_path):
    from supervised.own import images  # TensorFlow

    context, result, config = trained
    model = context.models["model"]
    again = images.evaluate(config, context, model)
    assert again["accuracy"] == result.metrics["accuracy"]
    assert again["pictures"] == 16
    other = _fill(tmp_path / "other", {"lying": 4, "standing": 3}, seed=9)
    new = images.evaluate(replace(config, test=other), context, model)
    assert new["pictures"] == 7
    for path in (own / "lying").iterdir():
        (other / "lying" / f"known_{path.name}").write_bytes(path.read_bytes())
    mixed = images.evaluate(replace(config, test=other), context, model)
    assert mixed["pictures"] == 7 + 8  # the run's own eight in the test
    assert "32 of 47 rows were trained on: left out" in context.lines[-1]


def test_one_picture_is_drawn_and_many_are_a_table(trained, own, tmp_path):
    from supervised.own import images  # TensorFlow

    context, _, config = trained
    model = context.models["model"]
    drawn = Recorder()
    found = images.predict(config, model, [str(own / "lying" / "0.png")], drawn)
    assert "probabilities" in drawn.figures
    assert found.columns.tolist() == ["picture", "class", "probability", "p_lying", "p_standing"]
    assert found["probability"][0] == found[["p_lying", "p_standing"]].max(axis=1)[0]
    many = Recorder()
    found = images.predict(config, model, [str(own / "lying"), str(own / "standing")], many)
    assert len(found) == 2 * COUNT
    assert not many.figures
    right = found["class"].to_numpy() == np.repeat(["lying", "standing"], COUNT)
    assert right.mean() > 0.85


@pytest.mark.slow
def test_pixels_on_disk_and_a_stopped_run_come_to_the_same_bits(own, monkeypatch):
    from supervised.own import image_data  # TensorFlow

    config = ImagesConfig(folder=own, **{**QUICK, "fit": FitConfig(epochs=2, batch_size=16)})
    contexts = [Recorder() for _ in range(3)]
    results = [_run(config, context) for context in contexts[:1]]
    monkeypatch.setattr(image_data, "IN_MEMORY", 1_000)
    contexts[1].stop_after = 1
    with pytest.raises(Stopped):
        _run(config, contexts[1])
    contexts[1].stop_after = None
    results += [_run(config, context) for context in contexts[1:]]
    assert any("0 MB in a temporary file" in line for line in contexts[1].lines)
    assert results[0].metrics == results[1].metrics == results[2].metrics
    weights = [context.models["model"].get_weights() for context in contexts]
    for other in weights[1:]:
        for ours, theirs in zip(weights[0], other, strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    "settings",
    [
        {"grey": True, "augment": True},
        {"network": "perceptron", "perceptron": NetworkConfig(hidden_sizes=(8,))},
        pytest.param(
            {
                "network": "squeezenet",
                "start": "scratch",
                "size": 32,
                "fine_fit": FitConfig(epochs=1, batch_size=16),
            },
            marks=pytest.mark.slow,
        ),
    ],
    ids=["grey augmented", "perceptron", "squeezenet"],
)
def test_other_networks_are_trained_and_a_trial_leaves_the_test_alone(own, settings):
    context = Recorder(final=False)
    quick = {**QUICK, "fit": FitConfig(epochs=1, batch_size=16)}
    result = _run(ImagesConfig(folder=own, **{**quick, **settings}), context)
    assert result.metrics == {}
    assert 0 <= result.validation["accuracy"] <= 1
    assert not {"figures", "classes"} & set(context.tables)
    assert "weights; the run takes about" in "".join(context.lines)
    grey = settings.get("grey", False)
    side = settings.get("size", SIDE)
    shape = (None, side, side) if grey else (None, side, side, 3)
    assert context.models["model"].input_shape == shape


def test_memory_is_estimated_by_hand(own):
    import keras

    from supervised.own import image_data, image_networks  # TensorFlow

    config = ImagesConfig(folder=own, **QUICK)
    data = image_data.read(config, Recorder())
    network = keras.Sequential([keras.Input((10,)), keras.layers.Dense(4), keras.layers.Dense(2)])
    pixels, weights = 80 * 16 * 16 * 3, 4 * (44 + 10)
    trained = image_networks.memory(network, data, 100, True)
    assert trained == pytest.approx(0.9e9 + 2 * 100 * 4 * 6 + 3 * pixels + 5 * weights)
    frozen = image_networks.memory(network, data, 100, False)
    assert frozen == pytest.approx(0.9e9 + 2 * 100 * 4 * 4 + pixels + weights)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"size": 4}, r"--size must be in \[8, 1,024\] for lenet, or 0, got 4"),
        ({"network": "alexnet", "size": 64}, "--size must be 227 for alexnet, or 0"),
        ({"network": "inception_v3", "size": 64}, r"--size must be in \[75, 1,024\]"),
        ({"weights": Path("a.h5")}, "--weights is for ImageNet's networks"),
        ({"unfreeze": 2}, "--unfreeze is for ImageNet's networks, and --network is lenet"),
        ({"test_fraction": 0.7}, r"--test-fraction must be in \(0, 0.5\)"),
    ],
    ids=["size", "alexnet", "inception", "weights", "unfreeze", "fraction"],
)
def test_settings_that_cannot_be_are_refused(settings, says):
    with pytest.raises(InvalidSetting, match=says):
        ImagesConfig(**settings)


def test_a_size_of_zero_is_the_networks_own():
    assert ImagesConfig().side == image_configs._SIDE
    assert ImagesConfig(network="vgg19").side == 224


def test_generated_data_are_refused(own):
    from supervised.own import image_data  # TensorFlow

    context = Recorder(source=Source(want="synthetic"))
    with pytest.raises(DataError, match="exclude --data synthetic"):
        image_data.read(ImagesConfig(folder=own, **QUICK), context)


@pytest.mark.slow
def test_a_whole_run_by_the_command_line(own, tmp_path, capsys):
    folder = tmp_path / "run"
    flags = ["--size", "16", "--lenet.filters", "4", "8", "--lenet.hidden", "16"]
    flags += ["--fit.epochs", "6", "--optimizer.learning-rate", "0.01"]
    run = ["images", "--folder", str(own), *flags, "--local", "--run-dir", str(folder)]
    assert main(run) == 0
    result = json.loads((folder / "result.json").read_text())
    assert result["claim"]["ours"] == result["metrics"]["accuracy"]
    assert result["claim"]["test_rows"] == 16
    assert result["data_sets"] == {"stripes": "real"}
    assert len(result["data_files"]["stripes"]) == 64
    assert main(["evaluate", str(folder)]) == 0
    capsys.readouterr()
    out = tmp_path / "out.csv"
    one = str(own / "lying" / "0.png")
    assert main(["predict", str(folder), one, "--out", str(out)]) == 0
    assert (tmp_path / "out_probabilities.png").exists()
    assert pd.read_csv(out)["picture"].tolist() == [one]
    capsys.readouterr()
    assert main(["images", "--folder", str(tmp_path / "none"), "--local"]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "none: cannot be read" in line
