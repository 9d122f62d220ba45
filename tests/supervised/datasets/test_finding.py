import logging
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from supervised.datasets import catalog, finding
from supervised.datasets.source import DataError, DataKind, Info, RemoteFile, Source
from tests.supervised.datasets.server import Server, serving


@dataclass(frozen=True, kw_only=True)
class Toy:
    name: str = "toy"
    kind: DataKind
    text: str = ""


def info(url: str | None = "http://127.0.0.1:1/", sample: str | None = "three toys") -> Info:
    files = tuple(
        RemoteFile(
            name=f"{name}.txt",
            urls=(f"{url}{name}",) if url else (),
            alternatives=(f"{name}.text",),
            subsets=(f"{name}-small.txt",),
        )
        for name in ("a", "b")
    )
    return Info(
        name="toy",
        title="",
        source="",
        licence="",
        size="2 kB",
        files=files,
        sample=sample,
        how="make them",
    )


def read(*paths: Path) -> Toy:
    text = "".join(path.read_text() for path in paths)
    if "bad" in text:
        raise DataError(f"{paths[0]}: expected good")
    return Toy(kind="sample" if "small" in text else "real", text=text)


def load(source: Source, about: Info | None = None, *, sample: bool = True) -> Toy:
    return finding.loader(
        about or info(),
        read=read,
        sample=(lambda: Toy(kind="sample")) if sample else None,
        synthetic=lambda _: Toy(kind="synthetic"),
    )(source)


def put(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.txt").write_text(text)
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.mark.parametrize("own", ["toy", "."])
def test_files_are_found_in_their_folder_or_directly(tmp_path, cache, own):
    put(tmp_path / "data" / own, a="1", b="2")
    for want in ("auto", "real"):
        source = Source(data_dir=tmp_path / "data", cache=cache, want=want)
        assert load(source) == Toy(kind="real", text="12")
    assert not cache.exists()


def test_names_are_tried_best_first(tmp_path):
    file = RemoteFile(name="x.gz", alternatives=("y",), subsets=("z",))
    assert file.names == ("x.gz", "x", "y", "y.gz", "z", "z.gz")
    (tmp_path / "toy").mkdir()
    for name in ("a.text.gz", "a-small.txt", "b.text"):
        (tmp_path / "toy" / name).touch()
    paths = finding.find(info(), Source(data_dir=tmp_path), check=print)
    assert [path.name for path in paths] == ["a.text.gz", "b.text"]


@pytest.mark.parametrize("want", ["auto", "real"])
def test_what_is_there_and_broken_is_an_error(tmp_path, cache, want, says):
    data = tmp_path / "data"
    source = Source(data_dir=data, cache=cache, want=want)
    put(cache / "toy", a="1", b="2")
    says(lambda: load(source), f"--data-dir {data}: no such folder", "toy/")
    put(data / "toy")
    says(lambda: load(source), f"{data / 'toy'}: holds no a.txt, b.txt", "make them")
    put(data / "toy", a="1")
    says(lambda: load(source), f"{data / 'toy'}: holds no b.txt", "--data synthetic")
    put(data / "toy", b="bad")
    says(lambda: load(source), "a.txt: expected good")
    own = Source(data_dir=put(tmp_path / "elsewhere" / "toy"), cache=cache, want=want)
    says(lambda: load(own), "holds no a.txt, b.txt")


def test_what_is_no_folder_is_an_error(tmp_path, cache, says):
    (tmp_path / "toy").write_text("")
    says(lambda: load(Source(data_dir=tmp_path, cache=cache)), "toy: expected a folder with a.txt")
    says(lambda: load(Source(data_dir=tmp_path / "toy", cache=cache)), "is not a folder")


def test_nothing_of_it_there_goes_on_to_the_cache_with_a_warning(tmp_path, cache, caplog):
    put(tmp_path / "data" / "other", a="x")
    put(cache / "toy", a="1", b="2")
    source = Source(data_dir=tmp_path / "data", cache=cache)
    assert load(source).text == "12"
    (warning,) = caplog.messages
    assert "nothing of it" in warning
    assert "toy/ and a.txt, b.txt" in warning


def test_the_sample_says_that_it_is_one_and_why(cache, caplog):
    with caplog.at_level(logging.WARNING):
        assert load(Source(cache=cache)).kind == "sample"
    (warning,) = caplog.messages
    assert "\n" not in warning
    for words in ("toy: not found", "127.0.0.1:1: no connection", "is the sample: three toys"):
        assert words in warning


def test_what_cannot_be_had_says_how_to_get_it(cache, says):
    for want, sample in (("auto", False), ("real", True)):
        says(
            lambda want=want, sample=sample: load(Source(cache=cache, want=want), sample=sample),
            "toy: not found",
            "put a.txt, b.txt into DIR/toy/",
            "make them",
            "--data synthetic",
        )
    says(lambda: load(Source(cache=cache, want="real"), info(url=None)), "without a login")


def test_what_a_run_would_not_find_is_said_without_reading(tmp_path, cache, says):
    def asked(about=None, **more) -> None:
        finding.require(about or info(), Source(cache=cache, **more))

    says(lambda: asked(want="real"), "toy: not found; a.txt: not downloaded (127.0.0.1:1: no conn")
    nothing = put(tmp_path / "data", other="x")
    says(lambda: asked(info(None), want="real", data_dir=nothing), f"nothing of it in {nothing}; ")
    says(lambda: asked(info(sample=None), want="sample"), "no installed package ships a sample")
    says(lambda: asked(data_dir=tmp_path / "none"), "no such folder")
    asked(want="synthetic")
    asked()  # the sample
    with serving(Server({"a": b"1", "b": b"2"})) as server:
        asked(info(server.url), want="real")
    put(cache / "toy", a="bad", b="bad")
    asked(want="real")


def test_exactly_what_is_wanted(tmp_path, cache, says):
    put(tmp_path / "toy", a="1", b="2")
    for want in ("real", "sample", "synthetic"):
        assert load(Source(data_dir=tmp_path, cache=cache, want=want)).kind == want
    says(
        lambda: finding.loader(info(), read=read)(Source(want="synthetic")), "there is no generator"
    )


def test_a_published_subset_is_a_sample(tmp_path, cache, says):
    want_sample = Source(data_dir=tmp_path, cache=cache, want="sample")
    (tmp_path / "toy").mkdir()
    for name in ("a", "b"):
        (tmp_path / "toy" / f"{name}-small.txt").write_text("small")
    assert load(want_sample, sample=False).kind == "sample"
    assert load(Source(data_dir=tmp_path, cache=cache)).kind == "sample"
    says(
        lambda: load(Source(data_dir=tmp_path, cache=cache, want="real")),
        "a-small.txt: is a sample of toy",
    )
    put(tmp_path / "toy", a="1", b="2")
    says(lambda: load(want_sample, sample=False), "no installed package ships a sample")


def test_a_download_lands_in_the_cache(cache):
    with serving(Server({"a": b"1", "b": b"2"})) as server:
        assert load(Source(cache=cache), info(server.url)).text == "12"
    assert load(Source(cache=cache, want="real")).text == "12"


def test_where_it_is_without_reading_it(tmp_path, cache, caplog):
    data = tmp_path / "data"
    source = Source(data_dir=data, cache=cache)
    assert catalog.place(info(), source).words.startswith(
        f"error: --data-dir {data}: no such folder"
    )
    assert catalog.place(info(), source).state == "broken"
    data.mkdir()
    assert catalog.place(info(), source).words == (
        "sample: three toys; real: a download from 127.0.0.1:1 (2 kB)"
    )
    assert catalog.place(info(None, sample=None), source).words == "real: make them"
    put(cache / "toy", a="bad", b="bad")
    assert catalog.place(info(), source).words == f"real: {cache / 'toy'}"
    put(data / "toy", a="bad")
    assert catalog.place(info(), source).words.startswith(f"error: {data / 'toy'}: holds no b.txt")
    put(data / "toy", b="bad")
    assert catalog.place(info(), source).words == f"real: {data / 'toy'}"
    assert not caplog.messages


def test_the_state_of_a_set_is_a_word(cache):
    def found(about) -> tuple:
        place = catalog.place(about, Source(cache=cache))
        return place.state, place.kind, place.path

    # What a run would do first counts: it falls back on the sample only if the download fails.
    assert found(info()) == ("download", "real", None)
    assert found(info(None)) == ("sample", "sample", None)
    assert found(info(None, sample=None)) == ("by hand", None, None)
    put(cache / "toy", a="1", b="2")
    assert found(info()) == ("here", "real", cache / "toy")
    about = replace(info(), files=(replace(info().files[0], subsets=("part.txt",)),))
    put(cache / "toy", part="3")
    (cache / "toy" / "a.txt").unlink()
    assert found(about) == ("sample", "sample", cache / "toy" / "part.txt")


def test_a_folder_may_stand_for_a_file(tmp_path, cache, says):
    about = info()
    about = replace(about, files=(replace(about.files[0], trees=("tree/*.txt",)),))
    source = Source(data_dir=tmp_path, cache=cache)
    put(tmp_path / "toy" / "over" / "tree", x="1")
    assert finding.find(about, source, check=print) == (tmp_path / "toy" / "over",)
    put(tmp_path / "toy", a="1")
    assert finding.find(about, source, check=print) == (tmp_path / "toy" / "a.txt",)
    (tmp_path / "toy" / "a.txt").unlink()
    (tmp_path / "toy" / "over" / "tree" / "x.txt").unlink()
    says(lambda: finding.find(about, source, check=print), "holds no a.txt")
