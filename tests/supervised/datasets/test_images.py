import numpy as np
import pytest
from PIL import Image

from supervised.datasets.images import image_files, read_images


def picture(size=(28, 28), ground=0, ink=255) -> Image.Image:
    """A vertical bar in the middle third."""
    pixels = np.full(size, ground, np.uint8)
    pixels[size[0] // 6 : -size[0] // 6, size[1] // 3 : 2 * size[1] // 3] = ink
    return Image.fromarray(pixels)


def test_white_on_black_stays_and_black_on_white_is_inverted(tmp_path):
    picture().save(tmp_path / "mnist.png")
    picture(ground=255, ink=0).save(tmp_path / "paper.png")
    kept, inverted = read_images([tmp_path / "mnist.png", tmp_path / "paper.png"])
    np.testing.assert_array_equal(kept, np.asarray(picture()))
    np.testing.assert_array_equal(inverted, kept)


def test_colour_size_and_proportions(tmp_path):
    picture((300, 100), ground=250, ink=20).convert("RGB").save(tmp_path / "tall.jpg", quality=95)
    (read,) = read_images([tmp_path / "tall.jpg"])
    assert (read.dtype, read.shape) == (np.uint8, (28, 28))
    assert read[14, 14] > 220
    assert read[:, :8].max() < 30
    assert read_images([tmp_path / "tall.jpg"], size=(12, 20)).shape == (1, 12, 20)


def test_paper_shines_through(tmp_path):
    ink = picture()
    transparent = Image.merge("LA", [Image.new("L", ink.size, 0), ink])
    transparent.save(tmp_path / "ink.png")
    np.testing.assert_array_equal(read_images([tmp_path / "ink.png"])[0], np.asarray(ink))


def test_a_folder_stands_for_its_pictures_in_order(tmp_path):
    for name, ink in (("b.png", 100), ("a.PNG", 50), ("c.jpeg", 200)):
        picture(ink=ink).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("not a picture")
    assert [path.name for path in image_files([tmp_path])] == ["a.PNG", "b.png", "c.jpeg"]
    assert read_images([tmp_path])[:2, 14, 14].tolist() == [50, 100]


def test_what_is_no_picture_is_named(tmp_path, says):
    text = tmp_path / "text.png"
    text.write_text("hello")
    says(lambda: read_images([text]), f"{text}: expected a picture that Pillow can read")
    picture((200, 200)).save(tmp_path / "cut.png")
    cut = (tmp_path / "cut.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(cut[: len(cut) // 2])
    says(lambda: read_images([tmp_path / "cut.png"]), "cut.png: expected a picture")
    says(lambda: read_images([tmp_path / "no.png"]), "no.png: no such file; expected a PNG or JPEG")
    (tmp_path / "empty").mkdir()
    says(lambda: read_images([tmp_path / "empty"]), "empty: expected PNG or JPEG files in this")
    says(lambda: read_images([]), "no pictures given")


@pytest.mark.parametrize("mode", ["1", "P", "RGBA", "CMYK"])
def test_every_mode_becomes_grey(tmp_path, mode):
    path = tmp_path / ("x.jpg" if mode == "CMYK" else "x.png")
    picture().convert(mode).save(path)
    (read,) = read_images([path])
    assert read[14, 14] > 200
    assert read[0, 0] < 40


def test_sixteen_bits_become_eight(tmp_path):
    Image.fromarray(np.asarray(picture(ground=255, ink=40), np.uint16) * 257).save(
        tmp_path / "x.png"
    )
    (read,) = read_images([tmp_path / "x.png"])
    assert (read[14, 14], read[0, 0]) == (215, 0)
