"""What is in the wheel and the sdist, and what they say of themselves."""

import email.message
import email.parser
import re
import tarfile
import tomllib
import zipfile

import pytest

from tests.package.conftest import ROOT

ROOMS = {"actorlab", "agents", "common", "envs", "launch", "supervised", "training"}


@pytest.fixture(scope="module")
def names(wheel) -> list[str]:
    return zipfile.ZipFile(wheel).namelist()


@pytest.fixture(scope="module")
def metadata(wheel, names) -> email.message.Message:
    (name,) = [name for name in names if name.endswith(".dist-info/METADATA")]
    return email.parser.Parser().parsestr(zipfile.ZipFile(wheel).read(name).decode())


def test_the_wheel_has_the_rooms_and_nothing_else(names):
    top = {name.partition("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == ROOMS
    assert "actorlab/py.typed" in names
    assert "supervised/pretrained/imagenet_classes.txt" in names
    assert [name for name in names if "__pycache__" in name or "tests" in name] == []


def test_every_module_of_the_work_tree_is_in_the_wheel(names):
    ours = {p.relative_to(ROOT).as_posix() for room in ROOMS for p in (ROOT / room).rglob("*.py")}
    assert ours <= set(names)


def test_the_metadata_name_authors_licence_addresses_and_pythons(metadata):
    assert metadata["Name"] == "actorlab"
    assert metadata["Author"] == "The Actorlab authors"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Keywords"]
    assert metadata["Requires-Python"] == "<3.14,>=3.11"
    words = [url.partition(",")[0] for url in metadata.get_all("Project-URL", [])]
    assert words == ["Documentation", "Source", "Issues", "Changelog"]
    pythons = re.findall(r":: (3\.\d+)$", "\n".join(metadata.get_all("Classifier", [])), re.M)
    assert pythons == ["3.11", "3.12", "3.13"]


def test_the_extras_are_those_that_messages_name(metadata):
    from common.optional import EXTRAS

    extras = set(metadata.get_all("Provides-Extra", []))
    assert extras == {"all", "gpu", *EXTRAS.values()}
    needed = metadata.get_all("Requires-Dist", [])
    assert "ray[default]<2.61,>=2.60" in needed
    always = [each for each in needed if "extra ==" not in each]
    assert [each for each in always if re.match("mlxtend|optuna|tensorflow|pytest", each)] == []


def test_the_long_description_has_no_link_into_a_folder(metadata):
    text = metadata.get_payload()
    assert isinstance(text, str)
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    assert len(links) > 10
    assert [link for link in links if not link.startswith("https://")] == []
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text)
    assert [link for link in pictures if "raw.githubusercontent.com" not in link] == []


def test_the_version_is_the_same_everywhere(metadata):
    version = metadata["Version"]
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"\n## {version} - " in (ROOT / "CHANGELOG.md").read_text()


def test_the_sdist_has_what_a_build_and_the_tests_need(sdist):
    names = {name.partition("/")[2] for name in tarfile.open(sdist).getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "Makefile", "tests/test_docs.py"} <= names
    assert [name for name in names if name.startswith((".venv", "runs/", "dist/"))] == []


def test_the_pins_name_no_host():
    for path in (ROOT / "requirements").iterdir():
        assert not re.search(r"https?://|--(extra-)?index-url", path.read_text()), path


def test_the_pins_of_tools_are_those_of_runs():
    def pins(name: str) -> dict[str, str]:
        lines = (ROOT / "requirements" / name).read_text().splitlines()
        return dict(line.partition(" ;")[0].strip().split("==") for line in lines)

    cpu, gpu, dev = pins("cpu.txt"), pins("gpu.txt"), pins("dev.txt")
    for one, other in ((cpu, gpu), (cpu, dev), (gpu, dev)):
        assert {name: one[name] for name in one.keys() & other.keys()} == {
            name: other[name] for name in one.keys() & other.keys()
        }
    assert {"pytest", "ruff", "pyright", "hatchling"} & (cpu.keys() | gpu.keys()) == set()


def test_nobody_locks_with_uv():
    assert not (ROOT / "uv.lock").exists()
    assert "dev" in tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
