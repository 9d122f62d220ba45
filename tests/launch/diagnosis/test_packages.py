"""What the doctor says of Python and of packages."""

import json
import os
import subprocess
import sys
from collections import namedtuple
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

from common.findings import fail, ok, warn
from launch.diagnosis import (
    packages,
    python,
    ray,
)
from tests.launch.diagnosis.states import states

Usage = namedtuple("Usage", "total free")


class Fake:
    """Packages, their versions, and what they ask for."""

    def __init__(self, versions: Mapping[str, str], **requires: Sequence[str]):
        self.versions, self.asked = versions, requires

    def version(self, package: str) -> str | None:
        return self.versions.get(package)

    def requires(self, package: str) -> Sequence[str]:
        return self.asked.get(package, ())

    def extras(self, package: str) -> Sequence[str]:
        return ("cpu", "gpu", "games", "dev")


ASKED = (
    "numpy>=2.4",
    "ray[default]>=2.60,<2.61",
    "winonly>=1; sys_platform == 'no_such'",
    "tensorflow-cpu>=2.21; extra == 'cpu'",
    "tensorflow[and-cuda]>=2.21; extra == 'gpu'",
    "ale>=1; extra == 'games'",
    "ruff>=1; extra == 'dev'",
)
GOOD = {"actorlab": "0.1.0", "numpy": "2.4.6", "ray": "2.60.0", "tensorflow-cpu": "2.21.0"}


def _packages(**changes: str | None) -> Fake:
    versions = {**GOOD, **{name.replace("_", "-"): v for name, v in changes.items()}}
    here = {name: version for name, version in versions.items() if version is not None}
    return Fake(here, actorlab=ASKED, ray=("aiohttp>=3; extra == 'default'", "click"))


def test_a_version_of_python_out_of_range_fails():
    assert python.version("3.11.7", ">=3.11").state == "ok"
    assert python.version("3.15.0rc1", ">=3.11").state == "ok"
    old = python.version("3.10.2", ">=3.11")
    assert (old.state, old.found) == ("fail", "3.10.2, but wanted >=3.11")
    assert python.version("3.14.0", ">=3.11,<3.14").state == "fail"


def _distribution(folder: Path, origin: str | None) -> metadata.Distribution:
    info = folder / "actorlab-0.1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Name: actorlab\nVersion: 0.1.0\n")
    if origin is not None:
        (info / "direct_url.json").write_text(origin)
    return metadata.Distribution.at(info)


def test_which_actorlab_runs_is_told(tmp_path):
    home = tmp_path / "my lab"
    url = json.dumps({"url": home.as_uri(), "dir_info": {"editable": True}})
    editable = _distribution(tmp_path / "site", url)
    wheel = _distribution(home, None)
    assert python.ours(home, editable).found == f"0.1.0, the folder {home} (editable)"
    assert python.ours(home, wheel).found == f"0.1.0, a wheel in {home}"
    other = python.ours(tmp_path / "other", editable)
    assert other.state == "warn"
    assert other.mend == f"pip install --no-deps --editable {tmp_path / 'other'}"
    assert python.ours(home, None).state == "warn"


def test_another_projects_room_fails():
    assert python.rooms(None).state == "ok"
    assert python.rooms("/x/agents is another project's").state == "fail"


def test_a_package_that_is_compiled_anew_by_every_process_is_a_warning(tmp_path):
    (tmp_path / "__init__.py").write_text("")
    assert python.bytecode(tmp_path, {}).state == "ok"
    told = python.bytecode(tmp_path, {"PYTHONDONTWRITEBYTECODE": "1"})
    assert told.state == "warn"
    assert told.mend is not None
    assert told.mend == f"python -m compileall -q -j 0 {tmp_path}"
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *told.mend.split()[1:]]
    subprocess.run(command, env=environment, check=True, timeout=60)
    assert python.bytecode(tmp_path, {"PYTHONDONTWRITEBYTECODE": "1"}).state == "ok"
    assert python.bytecode(None, {}).state == "ok"


def test_packages_that_fit_are_one_line():
    (found,) = packages.all_required(_packages(aiohttp="3.9"))
    assert found == ok("required", "all 2 packages are here, in versions that fit")


def test_a_missing_package_fails_with_the_line_that_installs_it():
    found = packages.all_required(_packages(aiohttp="3.9", numpy=None))
    assert found == [
        ok("required", "1 of 2 packages are here and fit"),
        fail("numpy", "not installed", "pip install 'numpy>=2.4'"),
    ]


def test_a_version_out_of_range_fails():
    found = packages.all_required(_packages(aiohttp="3.9", ray="2.61.0"))
    mend = "pip install 'ray[default]<2.61,>=2.60'"
    assert found[1] == fail("ray", "2.61.0, but wanted <2.61,>=2.60", mend)
    assert ray.version(_packages(ray="2.61.0")).state == "fail"
    assert ray.version(_packages()).state == "ok"
    assert ray.version(_packages(ray=None)).state == "fail"


def test_what_an_extra_of_a_package_asks_for_is_missed_too():
    _, found = packages.all_required(_packages())
    assert found == fail("aiohttp", "not installed", "pip install 'aiohttp>=3'")


def test_extras_that_are_not_here_are_warnings_but_for_developers():
    found = packages.extras(_packages())
    assert found[1:] == [warn("extra games", "ale not installed", "pip install 'ale>=1'")]
    assert packages.extras(_packages(ale="1.2", ruff="1"))[0].found == "dev, games"


def test_one_tensorflow_is_needed():
    assert packages.tensorflow(_packages(), has_driver=False).state == "ok"
    both = packages.tensorflow(_packages(tensorflow="2.21.0"), has_driver=False)
    assert both.state == "warn"
    none = packages.tensorflow(_packages(tensorflow_cpu=None), has_driver=True)
    assert (none.state, none.mend) == ("fail", "pip install 'tensorflow[and-cuda]>=2.21'")
    old = packages.tensorflow(_packages(tensorflow_cpu="2.20.1"), has_driver=False)
    assert (old.state, old.found) == ("fail", "2.20.1, but wanted >=2.21")


def test_without_an_installation_nothing_is_known_of_packages():
    nothing = _packages(actorlab=None)
    assert states(packages.all_required(nothing)) == {"required": "warn"}
    assert packages.extras(nothing) == []
    assert packages.tensorflow(nothing, has_driver=False).state == "ok"


def test_the_requirements_are_those_of_pyproject():
    names = {r.name for r in packages.required(packages.ThisPython())}
    assert {"numpy", "ray", "keras"} <= names
    assert not {"ruff", "tensorflow-cpu"} & names
