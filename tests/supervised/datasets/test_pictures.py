import numpy as np
import pytest
from PIL import Image

from supervised.datasets import pictures
from supervised.datasets.pictures import OWN, read_rgb
from supervised.datasets.source import Source

RED, GREEN, BLUE, WHITE = (200, 0, 0), (0, 200, 0), (0, 0, 200), (255, 255, 255)


def corners() -> Image.Image:
    """Two pixels high and three wide, a colour in each of three corners."""
    pixels = np.zeros((2, 3, 3), np.uint8)
    pixels[0, 0], pixels[0, 2], pixels[1, 0] = RED, GREEN, BLUE
    return Image.fromarray(pixels)


@pytest.mark.parametrize(
    ("orientation", "shape", "red"),
    [(1, (2, 3), (0, 0)), (3, (2, 3), (1, 2)), (6, (3, 2), (0, 1)), (8, (3, 2), (2, 0))],
)
def test_a_camera_held_aside_gives_upright_pictures(tmp_path, orientation, shape, red):
    exif = Image.Exif()
    exif[0x0112] = orientation
    corners().save(tmp_path / "x.png", exif=exif)
    found = read_rgb(tmp_path / "x.png")
    assert (found.dtype, found.shape) == (np.uint8, (*shape, 3))
    assert tuple(found[red]) == RED


def test_what_is_transparent_becomes_white(tmp_path):
    half = corners()
    half.putalpha(Image.fromarray(np.array([[255, 0, 0], [51, 255, 255]], np.uint8)))
    half.save(tmp_path / "x.png")
    found = read_rgb(tmp_path / "x.png")
    assert tuple(found[0, 0]) == RED
    assert tuple(found[0, 2]) == WHITE
    assert tuple(found[1, 0]) == (204, 204, 244)  # a fifth of the blue, four fifths of white
    corners().quantize(8).save(tmp_path / "palette.png", transparency=0)
    index = np.asarray(Image.open(tmp_path / "palette.png"))
    assert (read_rgb(tmp_path / "palette.png")[index == 0] == 255).all()


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [
        *(("1", "png"), ("L", "png"), ("LA", "png"), ("P", "png"), ("RGBA", "png")),
        *(("CMYK", "jpg"), ("CMYK", "tif"), ("YCbCr", "jpg"), ("I", "tif")),
    ],
)
def test_every_mode_becomes_three_channels(tmp_path, mode, suffix):
    path = tmp_path / f"x.{suffix}"
    dark, bright = Image.new("L", (8, 8), 0), Image.new("L", (8, 16), 255)
    bright.paste(dark, (0, 0))
    if mode == "I":
        Image.fromarray(np.asarray(bright).astype(np.int32) * 257).save(path)
    else:
        bright.convert("RGB").convert(mode).save(path)
    found = read_rgb(path)
    assert found.shape == (16, 8, 3)
    assert found[2].max() < 60
    assert found[13].min() > 195


def test_sixteen_bits_keep_their_shades(tmp_path):
    deep = np.array([[0, 257 * 100, 65_535]], np.uint16)
    Image.fromarray(deep).save(tmp_path / "x.png")
    assert read_rgb(tmp_path / "x.png")[0, :, 0].tolist() == [0, 100, 255]


@pytest.mark.parametrize("kind", [np.float32, np.int32])
@pytest.mark.parametrize("whole", [1, 255, 65_535])
def test_floats_and_32_bits_are_scaled_by_their_largest_value(tmp_path, kind, whole):
    path, shades = tmp_path / "x.tif", np.array([0, 51, 102, 255])
    Image.fromarray((shades[None] / 255 * whole).round(2 * (whole == 1)).astype(kind)).save(path)
    pictures.check(path)
    expected = [0, 0, 0, 255] if (kind, whole) == (np.int32, 1) else shades.tolist()
    assert read_rgb(path)[0, :, 0].tolist() == expected


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([0.0, np.nan], "from nan to nan"),
        ([0.0, np.inf], "from 0 to inf"),
        ([-1.0, 1.0], "from -1 to 1"),
        ([0.0, 1e6], "from 0 to 1e+06"),
    ],
)
def test_floats_of_another_range_are_no_pictures(tmp_path, says, values, reason):
    path = tmp_path / "x.tif"
    Image.fromarray(np.array([values], np.float32)).save(path)
    for read in (read_rgb, pictures.check):
        says(lambda read=read: read(path), f"its values are {reason}, expected 0 to 1")


def test_broken_files_and_bombs_are_named(tmp_path, says, monkeypatch):
    path = tmp_path / "x.jpg"
    Image.effect_noise((80, 80), 50).save(path)
    whole = path.read_bytes()
    for contents in (b"", b"<html>log in</html>", whole[:20], whole[:-200], b"\x89PNG\r\n\x1a\n"):
        path.write_bytes(contents)
        says(lambda: read_rgb(path), f"{path}: expected a picture that Pillow can read")
    path.write_bytes(whole)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    says(lambda: read_rgb(path), f"{path}: expected a picture", "decompression bomb")


def test_files_and_folders_of_a_user_are_a_set(tmp_path, says, caplog):
    corners().save(tmp_path / "b.png")
    corners().resize((6, 8)).save(tmp_path / "a.png")
    found = pictures.loader([tmp_path, tmp_path / "b.png"])(Source())
    assert (found.name, found.kind) == (OWN, "real")
    assert [file.name for file in found.files] == ["a.png", "b.png", "b.png"]
    assert [found.read(file).shape for file in found.files] == [(8, 6, 3), (2, 3, 3), (2, 3, 3)]
    (tmp_path / "c.png").write_text("hello")
    assert [file.name for file in pictures.loader([tmp_path])(Source()).files] == ["a.png", "b.png"]
    (warning,) = caplog.messages
    assert warning.startswith(f"left out: {tmp_path / 'c.png'}: expected a picture")
    says(lambda: pictures.loader([tmp_path / "c.png"])(Source()), "c.png: expected a picture")
    says(lambda: pictures.loader([])(Source()), "no pictures given", "--data synthetic")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    corners().save(tmp_path / "deep" / "er" / "d.png")
    assert [f.name for f in pictures.image_files([tmp_path])] == [
        "a.png",
        "b.png",
        "c.png",
        "d.png",
    ]
    missing = tmp_path / "no.png"
    says(lambda: pictures.loader([missing])(Source()), f"{missing}: no such file")
    says(lambda: pictures.loader([tmp_path])(Source(want="sample")), "no package ships a sample")
    says(lambda: pictures.loader([missing])(Source(want="synthetic")), "takes no pictures")


def test_generated_pictures_are_the_same_each_time():
    one, again = (pictures.loader([])(Source(want="synthetic")) for _ in range(2))
    assert one.kind == "synthetic"
    assert [one.read(file).shape for file in one.files] == [(90, 120, 3), (150, 100, 3)]
    for file in one.files:
        np.testing.assert_array_equal(one.read(file), again.read(file))
    assert one.read(one.files[0]).std() > 10
