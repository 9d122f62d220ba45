"""A folder of one's own pictures: which are found, how they are read, and how divided."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from supervised.core.job import InputError
from supervised.datasets import own_pictures
from supervised.datasets.source import DataError, Source
from supervised.own.image_configs import ImagesConfig
from tests.supervised.own.striped import fill
from tests.supervised.recorder import Recorder

COUNT = 40


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("own") / "stripes"
    return fill(folder, {"lying": COUNT, "standing": COUNT})


class TestFormats:
    """Every picture becomes its middle square, upright, in the network's size and colours."""

    def read(self, path: Path, **settings) -> np.ndarray:
        from supervised.own import image_data  # TensorFlow

        return image_data.picture(path, ImagesConfig(size=8, **settings))

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
        found = image_data.picture(tmp_path / "a.png", config)
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
        folder = fill(tmp_path / "mine", {"a": 5, "b/deep": 5, "ö": 6, ".hidden": 3})
        (folder / "a" / "notes.txt").write_text("no picture")
        (folder / "a" / ".DS_Store").write_text("hidden")
        (folder / "empty").mkdir()
        (folder / "loose.png").touch()
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
            "left out, pictures in no folder of a class: 1: loose.png",
        )

    def test_folders_of_parts_are_told_by_their_names(self, tmp_path):
        counts = {"Train/a": 3, "Train/b": 4, "test/a": 1, "test/b": 1, "test/c": 2}
        folder = fill(tmp_path / "mine", counts)
        found = own_pictures.listed(folder)
        assert found.classes == ("a", "b")
        assert found.parts == ("train",) * 7 + ("test",) * 2
        assert found.in_words.startswith("folders for train, test: 9 pictures")
        assert found.notes == ("left out, folders of classes that the training has not: 1: test/c",)
        assert own_pictures.listed(folder, "classes").classes == ("Train", "test")

    @pytest.mark.parametrize(
        ("counts", "layout", "says"),
        [
            ({"a": 5}, "auto", "two or more, found 1, a$"),
            ({"all/a": 5, "all/b": 5}, "auto", "found 1, all; did you mean .*/all"),
            ({}, "auto", "found 0$"),
            ({".": 5}, "auto", "found 0, and 5 pictures in no such folder"),
            ({"a": 5, "b": 5}, "parts", "needs a folder train and a folder test"),
            ({"train/a": 5, "test/a": 5}, "auto", "found 1"),
        ],
        ids=["one class", "one too high", "empty", "unsorted", "no parts", "one class in parts"],
    )
    def test_what_is_no_such_folder_is_said(self, tmp_path, counts, layout, says):
        (tmp_path / "mine").mkdir()
        fill(tmp_path / "mine", counts)
        with pytest.raises(DataError, match=says):
            own_pictures.listed(tmp_path / "mine", layout)

    def test_a_missing_folder_and_its_flag_are_named(self, tmp_path):
        with pytest.raises(InputError, match="--folder is missing"):
            ImagesConfig().check()
        with pytest.raises(DataError, match="nowhere: cannot be read"):
            ImagesConfig(folder=tmp_path / "nowhere").check()
        (tmp_path / "own.zip").touch()
        with pytest.raises(DataError, match=r"own\.zip: is a file; expected a folder"):
            ImagesConfig(folder=tmp_path / "own.zip").check()
        folder = fill(tmp_path / "mine", {"a": 5, "b": 1})
        with pytest.raises(DataError, match=r"b: 1 pictures .* each class needs 5"):
            ImagesConfig(folder=folder).check()


class TestDividing:
    def divided(self, config: ImagesConfig, context: Recorder):
        from supervised.own import image_data  # TensorFlow

        data = image_data.read(config, context)
        return data, image_data.divided(data, config, context)

    def test_parts_are_at_random_and_classes_in_proportion(self, own):
        context = Recorder()
        data, parts = self.divided(ImagesConfig(folder=own, size=16), context)
        sizes = [len(rows) for rows in (parts.train, parts.validation, parts.test)]
        assert sizes == [52, 12, 16]
        assert data.labels[parts.test].sum() == 8
        together = np.concatenate([parts.seen, parts.test])
        assert sorted(together) == list(range(2 * COUNT))
        assert "16x16, in colour (--size, --grey): 0 MB in memory" in context.lines[-1]

    def test_broken_pictures_are_counted_and_named(self, tmp_path):
        folder = fill(tmp_path / "mine", {"lying": 10, "standing": 10})
        whole = (folder / "lying" / "0.png").read_bytes()
        (folder / "lying" / "cut.png").write_bytes(whole[:-100])
        (folder / "standing" / "text.jpg").write_text("hello")
        (folder / "standing" / "empty.gif").touch()
        data, _ = self.divided(ImagesConfig(folder=folder, size=16), Recorder())
        assert len(data) == 20
        assert data.note == (
            "3 broken pictures were left out: lying/cut.png, standing/empty.gif, standing/text.jpg"
        )
        for path in folder.glob("*/*"):
            path.write_text("hello")
        with pytest.raises(DataError, match=r"lying/0\.png: expected a picture that Pillow"):
            self.divided(ImagesConfig(folder=folder, size=16), Recorder())

    def test_the_same_picture_is_used_once_whatever_its_format(self, tmp_path):
        folder = fill(tmp_path / "mine", {"lying": 10, "standing": 10})
        Image.open(folder / "lying" / "0.png").save(folder / "lying" / "copy.bmp")
        Image.open(folder / "lying" / "1.png").save(folder / "standing" / "torn.tiff")
        data, parts = self.divided(ImagesConfig(folder=folder, size=16), Recorder())
        used = {data.files[row].name for row in (*parts.seen, *parts.test)}
        assert len(parts.seen) + len(parts.test) == 20
        assert not {"copy.bmp", "torn.tiff"} & used
        assert parts.notes[1] == "2 pictures are the same as another: each is used once"
        assert parts.notes[2].startswith("1 are in two classes, such as ")
        assert parts.notes[3] == "the test has 4 pictures only: its scores say little"

    def test_a_training_picture_is_none_of_the_test(self, tmp_path):
        counts = {"train/lying": 6, "train/standing": 6, "test/lying": 3, "test/standing": 3}
        folder = fill(tmp_path / "mine", counts)
        Image.open(folder / "train" / "lying" / "2.png").save(folder / "test" / "lying" / "0.png")
        data, parts = self.divided(ImagesConfig(folder=folder, size=16), Recorder())
        assert len(parts.seen) == 12
        assert len(parts.test) == 5
        assert set(data.parts[parts.test]) == {"test"}
        assert parts.notes[0].endswith("proportion, the test as its folder says")
        assert "1 test pictures are training pictures: left out of it" in parts.notes

    def test_one_class_to_learn_from_is_refused(self, tmp_path):
        folder = tmp_path / "mine"
        for part in ("train", "val", "test"):
            fill(folder / part, {"a": 6, "b": 6}, seed=len(part))
        for part in ("train", "val"):  # copies are used once
            shutil.rmtree(folder / part / "b")
            shutil.copytree(folder / part / "a", folder / part / "b")
        with pytest.raises(DataError, match="validation have only the class 'a'"):
            self.divided(ImagesConfig(folder=folder, size=16), Recorder())

    def test_a_folder_of_test_pictures_may_be_elsewhere(self, own, tmp_path):
        test = fill(tmp_path / "later", {"lying": 2, "standing": 3, "owl": 1}, seed=5)
        config = ImagesConfig(folder=own, test=test, size=16)
        context = Recorder()
        data, parts = self.divided(config, context)
        assert [data.files[row].parent.parent for row in parts.test] == [test] * 5
        assert "left out, folders of classes that the training has not: 1: owl" in context.lines
        with pytest.raises(DataError, match="expected a folder of pictures for each class"):
            self.divided(replace(config, test=test / "owl"), Recorder())


def test_generated_data_are_refused(own):
    from supervised.own import image_data  # TensorFlow

    context = Recorder(source=Source(want="synthetic"))
    with pytest.raises(DataError, match="exclude --data synthetic"):
        image_data.read(ImagesConfig(folder=own, size=16), context)
