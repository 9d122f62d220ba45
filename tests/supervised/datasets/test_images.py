import numpy as np
import pytest
from PIL import Image

from supervised.datasets.images import normalized, read_images
from supervised.datasets.pictures import image_files


def seven(height: int = 100, thick: int = 12) -> np.ndarray:
    """A 7 of two strokes, white on black, without a margin."""
    drawn = np.zeros((height, height * 6 // 10), np.uint8)
    drawn[:thick] = 255
    for row in range(height):
        right = drawn.shape[1] - row * (drawn.shape[1] - thick) // height
        drawn[row, max(0, right - thick) : right] = 255
    return drawn


def page(top: int, left: int, *, size: int = 400, paper: int = 0, ink: int = 255) -> np.ndarray:
    """A page with the 7 at a place."""
    drawn = np.zeros((size, size), float)
    digit = seven()
    drawn[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
    return (paper + drawn / 255 * (ink - paper)).round().astype(np.uint8)


def saved(tmp_path, name: str, pixels: np.ndarray):
    Image.fromarray(pixels).save(tmp_path / name)
    return tmp_path / name


def test_a_digit_is_as_high_as_mnists_and_its_mass_in_the_middle():
    image, doubt = normalized(page(150, 180))
    assert (image.shape, image.dtype, doubt) == ((28, 28), np.uint8, "")
    rows, columns = (np.flatnonzero(image.max(axis=axis)) for axis in (1, 0))
    assert (rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1) == (20, 12)
    mass = image.astype(float) / image.sum()
    assert mass.sum(axis=1) @ np.arange(28) == pytest.approx(14, abs=0.5)
    assert mass.sum(axis=0) @ np.arange(28) == pytest.approx(14, abs=0.5)
    assert image.max() == 255


@pytest.mark.parametrize(
    "other",
    [
        page(5, 5),
        page(290, 330),
        page(500, 700, size=1_200),
        page(150, 180, paper=250, ink=20),
        page(150, 180, paper=120, ink=10),
        page(150, 180, paper=60, ink=200),
    ],
    ids=["corner", "other corner", "wide margin", "ink", "dark paper", "pale"],
)
def test_place_margin_and_colours_do_not_matter(other):
    expected, image = normalized(page(150, 180))[0].astype(int), normalized(other)[0].astype(int)
    assert np.abs(image - expected).max() <= 4


def test_a_picture_as_mnist_has_it_stays_to_the_pixel():
    made = normalized(page(150, 180))[0]
    made[made < 60] //= 2  # faint, but ink
    for picture in (made, 255 - made):
        np.testing.assert_array_equal(normalized(picture)[0], made)


def test_specks_and_grain_are_no_ink():
    dirty = page(150, 180, paper=235, ink=30).astype(int)
    dirty += np.random.default_rng(0).integers(-8, 9, dirty.shape)
    dirty[20:24, 30:33] = 40
    image, doubt = normalized(dirty.clip(0, 255).astype(np.uint8))
    assert doubt == ""
    assert np.abs(image.astype(int) - normalized(page(150, 180))[0]).mean() < 6


@pytest.mark.parametrize(
    ("pixels", "doubt"),
    [
        (np.full((50, 40), 200, np.uint8), "nothing in it differs from its border"),
        (np.tile(page(5, 5, size=120), (1, 5)), "5.4 times as wide as high"),
        (page(0, 40), "its ink reaches the border"),
        (np.tile(page(10, 10, size=120), (3, 3)), "9 parts that do not touch"),
        (np.pad(np.full((40, 40), 255, np.uint8), 20), "its strokes cover 51.0% of the image"),
    ],
    ids=["blank", "several", "cut off", "many", "blot"],
)
def test_what_looks_like_no_digit_is_said(tmp_path, caplog, pixels, doubt):
    path = saved(tmp_path, "x.png", pixels)
    _, images = read_images([path])
    assert images.shape == (1, 28, 28)
    (warning,) = caplog.messages
    assert warning.startswith(f"{path}: does not look like a digit of MNIST: ")
    assert doubt in warning


def test_paper_shines_through(tmp_path):
    ink = Image.fromarray(page(150, 180))
    Image.merge("LA", [Image.new("L", ink.size, 0), ink]).save(tmp_path / "ink.png")
    image = read_images([tmp_path / "ink.png"])[1][0]
    assert np.abs(image.astype(int) - normalized(page(150, 180))[0]).max() <= 4


@pytest.mark.parametrize("suffix", ["bmp", "gif", "JPG", "png", "tif", "tiff", "webp"])
def test_every_format_of_a_folder_is_read(tmp_path, suffix):
    saved(tmp_path, f"x.{suffix}", page(150, 180, paper=255, ink=0))
    files, images = read_images([tmp_path])
    assert [file.name for file in files] == [f"x.{suffix}"]
    assert np.abs(images[0].astype(int) - normalized(page(150, 180))[0]).mean() < 6


def test_a_folder_stands_for_its_pictures_in_order_and_names_what_is_none(tmp_path, caplog):
    for name in ("b.png", "a.PNG", "c.jpeg"):
        saved(tmp_path, name, page(150, 180))
    for name in ("notes.txt", "x.heic", ".hidden"):
        (tmp_path / name).write_text("not a picture")
    assert [path.name for path in image_files([tmp_path])] == ["a.PNG", "b.png", "c.jpeg"]
    assert caplog.messages == [
        f"{tmp_path}: left out what is no picture by its name: notes.txt, x.heic"
    ]


def test_broken_pictures_are_left_out_and_named(tmp_path, caplog):
    saved(tmp_path, "a.png", page(150, 180))
    whole = saved(tmp_path, "b.png", page(10, 10)).read_bytes()
    (tmp_path / "b.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "c.png").write_text("hello")
    files, images = read_images([tmp_path])
    assert ([file.name for file in files], len(images)) == (["a.png"], 1)
    for name, warning in zip(("b.png", "c.png"), caplog.messages, strict=True):
        assert warning.startswith(f"left out: {tmp_path / name}: expected a picture that Pillow")


def test_where_there_is_no_picture_at_all_it_is_an_error(tmp_path, says):
    text = tmp_path / "text.png"
    text.write_text("hello")
    says(lambda: read_images([text]), f"{text}: expected a picture that Pillow can read")
    says(lambda: read_images([tmp_path / "no.png"]), "no.png: no such file; expected a PNG or JPEG")
    (tmp_path / "empty").mkdir()
    says(lambda: read_images([tmp_path / "empty"]), "empty: expected PNG or JPEG files in this")
    says(lambda: read_images([]), "no pictures given")


@pytest.mark.parametrize("mode", ["1", "P", "RGBA", "CMYK"])
def test_every_mode_becomes_grey(tmp_path, mode):
    path = tmp_path / ("x.jpg" if mode == "CMYK" else "x.png")
    Image.fromarray(page(150, 180)).convert(mode).save(path)
    image = read_images([path])[1][0]
    assert np.abs(image.astype(int) - normalized(page(150, 180))[0]).mean() < 6
