"""Folders and archives are read alike, and a broken one is named."""

import io
import tarfile
import zipfile

import pytest

from supervised.datasets import archives
from supervised.datasets.source import DataError

FILES = {"a/one.txt": b"1", "a/b/two.txt": b"22" * 1_000, "a/three.jpg": b"333"}


def unpacked(path):
    for name, contents in FILES.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(contents)


def zipped(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.mkdir("a")
        for name, contents in FILES.items():
            archive.writestr(name, contents)


def tarred(path):
    with tarfile.open(path, "w:xz") as archive:
        for name, contents in FILES.items():
            member = tarfile.TarInfo(name)
            member.size = len(contents)
            archive.addfile(member, io.BytesIO(contents))


@pytest.mark.parametrize("pack", [unpacked, zipped, tarred])
def test_each_gives_names_and_contents_of_what_is_wanted(tmp_path, pack):
    path = tmp_path / "found"
    pack(path)
    found = dict(archives.files(path, lambda name: name.endswith(".txt")))
    assert found == {name: FILES[name] for name in ("a/one.txt", "a/b/two.txt")}
    assert len(list(archives.files(path, lambda name: True))) == 3


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_cut_off_one_is_named(tmp_path, pack):
    path = tmp_path / "found"
    pack(path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match="found: cannot be read, or is broken or cut off"):
        list(archives.files(path, lambda name: True))
    with pytest.raises(DataError, match="nothing: cannot be read"):
        list(archives.files(tmp_path / "nothing", lambda name: True))
