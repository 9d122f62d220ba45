"""The doctor, with healthy machines and with what is made wrong on purpose."""

import json
import os
import socket
import subprocess
import sys
from collections import namedtuple
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path

import psutil
import pytest

from launch import cli
from launch.commands import doctor
from launch.diagnosis import (
    container,
    data_sets,
    lines,
    packages,
    pictures,
    ports,
    probe,
    processor,
    python,
    ray,
    storage,
    tensorflow,
)
from launch.diagnosis.finding import Finding, Group, fail, ok, warn
from launch.diagnosis.probe import Outcome
from supervised.datasets import catalog
from supervised.datasets.source import Source
from tests.processes import all_gone

GROUPS = (
    *("Python", "packages", "processor", "memory and disks", "TensorFlow", "Ray", "ports"),
    *("curves and films", "data sets"),
)
GB = 1_000_000_000
Usage = namedtuple("Usage", "total free")
NOT_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


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


def _states(findings: Sequence[Finding]) -> dict[str, str]:
    return {each.item: each.state for each in findings}


# Python


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


# Packages


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
    assert _states(packages.all_required(nothing)) == {"required": "warn"}
    assert packages.extras(nothing) == []
    assert packages.tensorflow(nothing, has_driver=False).state == "ok"


def test_the_requirements_are_those_of_pyproject():
    names = {r.name for r in packages.required(packages.ThisPython())}
    assert {"numpy", "ray", "keras"} <= names
    assert not {"ruff", "tensorflow-cpu"} & names


# Processor


def test_cores_and_instructions_are_told():
    assert processor.cores(2, 8, None).found == "2 of the machine's 8 can be used"
    assert "for the time of 1.5" in processor.cores(2, 8, 1.5).found
    assert "quota" not in processor.cores(2, 8, 4.0).found
    flags = ["avx", "avx2", "fma"]
    assert processor.instructions("x86_64", flags).found == (
        "avx2, fma; no avx512f, which is slower"
    )
    assert processor.instructions("x86_64", ["sse2"]).state == "fail"
    assert processor.instructions("x86_64", []).state == "ok"
    assert processor.instructions("aarch64", ["asimd"]).found == "those of aarch64"


def test_variables_that_change_speed_or_bits_are_named():
    assert _states(processor.variables({"HOME": "/"})) == {"variables": "ok"}
    assert _states(processor.variables({"TF_ENABLE_ONEDNN_OPTS": "0"})) == {"variables": "ok"}
    found = processor.variables({"OMP_NUM_THREADS": "1", "OPENBLAS_CORETYPE": "Haswell"})
    assert [(each.found, each.mend) for each in found] == [
        ("OMP_NUM_THREADS=1 changes the speed", "unset OMP_NUM_THREADS"),
        (
            "OPENBLAS_CORETYPE=Haswell can change the last bits of results",
            "unset OPENBLAS_CORETYPE",
        ),
    ]


def test_limits_of_a_container_are_read(tmp_path):
    assert container.cpu_quota(tmp_path) is None
    assert container.memory_limit(tmp_path) is None
    (tmp_path / "cpu.max").write_text("max 100000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert container.cpu_quota(tmp_path) is None
    assert container.memory_limit(tmp_path) is None
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    (tmp_path / "memory.max").write_text("2000000000\n")
    assert container.cpu_quota(tmp_path) == 1.5
    assert container.memory_limit(tmp_path) == 2 * GB


def test_limits_of_an_old_container_are_read(tmp_path):
    for name, value in (
        ("cpu/cpu.cfs_quota_us", 50_000),
        ("cpu/cpu.cfs_period_us", 100_000),
        ("memory/memory.limit_in_bytes", 2**63 - 4096),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"{value}\n")
    assert container.cpu_quota(tmp_path) == 0.5
    assert container.memory_limit(tmp_path) is None


# Memory and disks


def test_little_memory_is_told():
    assert storage.memory(16 * GB, 8 * GB, None).state == "ok"
    assert storage.memory(16 * GB, GB, None).state == "warn"
    assert storage.memory(16 * GB, GB // 10, None).state == "fail"
    held = storage.memory(16 * GB, 8 * GB, GB)
    assert (held.state, "may have 1.0 GB" in held.found) == ("warn", True)


def test_a_folder_is_really_written_to_and_nothing_is_left(tmp_path):
    place = tmp_path / "not" / "there"
    assert storage.folder("runs", place, "--out DIR").state == "ok"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_fails(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    for place in (file, file / "below"):
        found = storage.folder("runs", place, "another place: --out DIR")
        assert (found.state, found.mend) == ("fail", "another place: --out DIR")
        assert found.found == f"{place} cannot be written (Not a directory)"
    assert storage.folder("cache", file, "", needed=False).state == "warn"


def test_a_small_disk_is_told(tmp_path):
    def found(free: int) -> Finding:
        measure = lambda _: Usage(100 * GB, free)  # noqa: E731
        return storage.folder("runs", tmp_path, "--out DIR", measure=measure)

    assert found(50 * GB).state == "ok"
    assert (found(GB).state, found(GB).mend) == ("warn", "free some of the disk, or --out DIR")
    assert found(GB // 100).state == "fail"
    small = storage.shared_memory(tmp_path, lambda _: Usage(GB, 64_000_000))
    assert (small.state, small.found.split(" free")[0]) == ("warn", "0.1 GB")
    assert storage.shared_memory(tmp_path / "none").state == "ok"


def test_few_open_files_are_told():
    assert storage.open_files(256).mend == "ulimit -n 65536"
    assert storage.open_files(20_000).found == "up to 20,000"
    assert storage.open_files(-1).state == "ok"


# TensorFlow, Ray, and processes of their own


def test_code_is_tried_in_a_process_of_its_own():
    assert probe.attempt("print('noise'); print('[1, 2]')", seconds=60).value == [1, 2]
    failed = probe.attempt("import sys; sys.exit('it\\nis so')", seconds=60)
    assert (failed.value, failed.error) == (None, "is so")
    silent = probe.attempt("import os; os._exit(3)", seconds=60)
    assert silent.error == "ended with code 3"


@NOT_LINUX
def test_what_takes_too_long_is_ended_with_all_it_started(tmp_path):
    pid = tmp_path / "pid"
    code = (
        "import subprocess, sys, pathlib\n"
        "child = subprocess.Popen(['sleep', '60'], start_new_session=True)\n"
        "pathlib.Path(sys.argv[1]).write_text(str(child.pid))\n"
        "child.wait()"
    )
    stopped = probe.attempt(code, str(pid), seconds=3)
    assert stopped.error == "no answer after 3 seconds"
    assert all_gone([int(pid.read_text())])


def test_what_tensorflow_says_is_told():
    answer = {"version": "2.21.0", "gpus": 0, "seconds": 4.0}
    imported = tensorflow.imported(Outcome(seconds=5.0, value=answer))
    assert imported == ok("import", "2.21.0, imported in 4.0 s")
    slow = tensorflow.imported(Outcome(seconds=50.0, value={**answer, "seconds": 45.0}))
    assert slow.state == "warn"
    assert tensorflow.imported(Outcome(seconds=1.0, error="no libcuda")).state == "fail"


def test_a_gpu_that_tensorflow_does_not_see_is_a_warning():
    assert tensorflow.gpu(1, 1, {}).state == "ok"
    assert tensorflow.gpu(0, None, {}).state == "ok"
    assert tensorflow.gpu(0, 2, {}).mend == "make setup PLATFORM=gpu"
    hidden = {"CUDA_VISIBLE_DEVICES": ""}
    assert tensorflow.gpu(0, 2, hidden).mend == "unset CUDA_VISIBLE_DEVICES"


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that something listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_an_address_is_really_asked(taken):
    assert ray.told_address(None, ray.reach).state == "ok"
    assert ray.told_address("auto", ray.reach).state == "ok"
    for address in (f"127.0.0.1:{taken}", f"ray://127.0.0.1:{taken}"):
        assert ray.told_address(address, ray.reach).state == "ok"
    assert ray.reach("127.0.0.1:1") == "Connection refused"
    for address in ("127.0.0.1:1", "127.0.0.1:99999", "somewhere"):
        found = ray.told_address(address, ray.reach)
        assert (found.state, found.mend) == (
            "fail",
            "unset RAY_ADDRESS, or start the cluster: ray start --head",
        )


def test_a_cluster_is_joined_only_where_something_answers(taken):
    def attempt(address: str) -> Outcome:
        return Outcome(seconds=1.0, error=f"no Ray at {address}")

    here, nowhere = f"127.0.0.1:{taken}", "127.0.0.1:1"
    assert _states(ray.addressed(here, ray.reach, attempt)) == {"address": "ok", "joining": "fail"}
    assert _states(ray.addressed(here, ray.reach, None)) == {"address": "ok", "joining": "skip"}
    assert _states(ray.addressed(nowhere, ray.reach, attempt)) == {"address": "fail"}
    assert _states(ray.addressed(None, ray.reach, attempt)) == {"address": "ok"}


def test_a_cluster_on_this_machine_is_found(tmp_path, taken):
    assert "none runs" in ray.running_cluster(tmp_path, ray.reach).found
    (tmp_path / "ray_current_cluster").write_text("127.0.0.1:1")
    assert "none runs" in ray.running_cluster(tmp_path, ray.reach).found
    (tmp_path / "ray_current_cluster").write_text(f"127.0.0.1:{taken}")
    assert f"one runs at 127.0.0.1:{taken}" in ray.running_cluster(tmp_path, ray.reach).found


def test_a_ray_that_asks_nobody_for_a_token_is_a_warning(tmp_path):
    assert ray.authentication({}, tmp_path).state == "ok"
    assert ray.authentication({"RAY_AUTH_MODE": "token"}, tmp_path).state == "ok"
    assert ray.authentication({"RAY_AUTH_MODE": "disabled"}, tmp_path).state == "warn"
    told = ray.authentication({"RAY_AUTH_TOKEN": "secret"}, tmp_path)
    assert "secret" not in told.found


def test_sessions_of_ended_rays_are_counted(tmp_path, monkeypatch):
    for name in ("session_1", "session_2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "log").write_bytes(b"x" * 2_000_000)
    (tmp_path / "session_latest").symlink_to(tmp_path / "session_2")
    live = {f"--session-dir={tmp_path}/session_2"}
    assert ray.sessions(tmp_path, live).found == f"1 of ended Rays in {tmp_path}, 2 MB"
    monkeypatch.setattr(ray, "_MUCH", 3_000_000)
    assert ray.sessions(tmp_path, live).state == "ok"
    assert ray.sessions(tmp_path, set()).state == "warn"
    assert ray.sessions(tmp_path / "none", set()).state == "ok"


def test_rays_folder_is_where_ray_has_it(monkeypatch):
    from ray._common.utils import get_default_ray_temp_dir

    for name in ("RAY_TMPDIR", "TMPDIR", "NOTHING"):
        for other in ("RAY_TMPDIR", "TMPDIR"):
            monkeypatch.delenv(other, raising=False)
        monkeypatch.setenv(name, "/elsewhere")
        assert str(ray.temporary_folder(os.environ)) == get_default_ray_temp_dir()


@pytest.mark.slow
def test_a_ray_really_starts_and_nothing_is_left_of_it():
    before = {p.pid for p in psutil.Process().children(recursive=True)}
    found = ray.started(ray._attempt("local"))
    assert found.state == "ok", found.found
    assert {p.pid for p in psutil.Process().children(recursive=True)} == before


@pytest.mark.slow
def test_tensorflow_is_really_imported():
    assert _states(tensorflow._imported(os.environ))["import"] in ("ok", "warn")


# Ports, pictures, data sets


def test_a_port_that_is_taken_is_a_warning(taken):
    found = ports.port("TensorBoard", taken, "--port 6007")
    assert (found.state, found.mend) == ("warn", "--port 6007")
    assert found.found == f"port {taken} cannot be had (Address already in use)"


def test_a_port_that_is_free_is_free(taken):
    assert ports.loopback().state == "ok"
    assert ports.loopback("192.0.2.77").state == "fail"  # no address of this machine


def test_pictures_and_films_are_really_made(tmp_path):
    assert pictures.drawing("CartPole-v1").found == "CartPole-v1 in 600 x 400, without a display"
    assert pictures.drawing("NoSuch-v1").state == "warn"
    assert pictures.films().found.startswith("ffmpeg version")
    assert pictures.films(str(tmp_path / "ffmpeg")).state == "warn"
    assert pictures.films("false").state == "warn"
    assert pictures.fonts("DejaVu Sans").state == "ok"
    assert pictures.fonts("No Such Font").state == "warn"


def test_data_sets_are_counted_by_where_they_are(tmp_path):
    found = data_sets.data_sets(catalog.ALL, Source(cache=tmp_path))
    assert [each.item for each in found] == ["here", "samples", "to download", "to get"]
    assert sum(int(each.found.partition(":")[0]) for each in found) == len(catalog.ALL)
    assert found[0].found == "0"
    assert found[3].mend == "python -m launch data"
    (titanic,) = (info for info in catalog.ALL if info.name == "titanic")
    (tmp_path / "titanic").mkdir()
    for file in titanic.files:
        (tmp_path / "titanic" / file.name).write_text("")
    found = data_sets.data_sets(catalog.ALL, Source(cache=tmp_path))
    assert found[0] == ok("here", "1: titanic")
    assert (
        _states(data_sets.data_sets((), Source(data_dir=tmp_path / "no")))["data folder"] == "fail"
    )


def test_a_broken_data_set_is_named(tmp_path):
    (tmp_path / "mnist").mkdir()
    found = data_sets.data_sets(catalog.ALL, Source(data_dir=tmp_path, cache=tmp_path / "cache"))
    assert _states(found)["mnist"] == "warn"


# Lines, and the command


def _lines(*findings: Finding) -> list[str]:
    return [line.plain for each in findings for line in lines.of_finding(each)]


def test_lines_have_80_columns_and_say_all():
    words = "several plain words and a path " * 6
    path = "/a/very/long/path" * 12
    found = fail("a-very-long-package-name", words + path, f"pip install {path}")
    said = _lines(found, ok("x", ""), ok("x", "y"))
    assert max(map(len, said)) <= 80
    text = "".join(line.strip() for line in said).replace(" ", "")
    assert f"{words}{path}".replace(" ", "") in text
    assert f"mend:pipinstall{path}" in text
    assert said[-1] == "  ok    x              y"


def test_the_mend_stands_under_what_is_wrong():
    assert _lines(warn("cache", "is full", "free it")) == [
        "  warn  cache          is full",
        "        mend: free it",
    ]


def test_the_summary_counts():
    good, bad, worse = ok("a", "b"), warn("a", "b", "c"), fail("a", "b", "c")
    said = [
        lines.of_summary(each).plain
        for each in ([good], [good, bad, bad], [bad, worse], [worse, worse])
    ]
    assert said == [
        "all that training needs works here",
        "all that training needs works here; 2 warnings",
        "a training cannot run here: 1 failure; 1 warning",
        "a training cannot run here: 2 failures",
    ]


def _broken() -> Finding:
    raise OSError("no such\n  device")


def test_a_check_that_breaks_is_a_finding_and_the_others_are_made():
    checks = {"disk": _broken, "cores": lambda: [ok("cores", "2")]}
    broken, cores = Group(name="machine", checks=checks).findings()
    assert (broken.item, broken.state) == ("disk", "fail")
    assert broken.found == "the check itself broke: OSError: no such device"
    assert cores.state == "ok"


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_the_exit_code_says_whether_a_training_can_run(flags, monkeypatch, capsys):
    def examined(*findings: Finding) -> int:
        group = Group(name="machine", checks={"all": lambda: findings})
        monkeypatch.setattr(doctor, "groups", lambda **_: [group])
        return cli.main(["doctor", *flags])

    assert examined(ok("a", "b"), warn("a", "b", "c")) == 0
    assert examined(ok("a", "b"), fail("a", "b", "c")) == 1
    assert "Traceback" not in capsys.readouterr().err


def test_a_folder_for_runs_that_cannot_be_written_is_exit_code_1(tmp_path, capsys):
    file = tmp_path / "file"
    file.write_text("")
    assert cli.main(["doctor", "--quick", "--out", str(file), "--data-cache", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "mend: another place: --out DIR" in said
    assert said.splitlines()[-1].startswith("a training cannot run here: 1 failure")


def _doctor(tmp_path: Path, *flags: str) -> str:
    out = ["--out", str(tmp_path / "runs"), "--data-cache", str(tmp_path / "cache")]
    command = [sys.executable, "-m", "launch", "doctor", "--quick", *out, *flags]
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []
    return done.stdout


def test_a_quick_look_at_this_machine(tmp_path):
    said = _doctor(tmp_path).splitlines()
    assert max(map(len, said)) <= 80
    assert tuple(line for line in said if line and line[0] != " ")[:-1] == GROUPS
    assert said[-1].startswith("all that training needs works here")
    assert said[-1].endswith("3 left out")


def test_a_look_as_json(tmp_path):
    found = json.loads(_doctor(tmp_path, "--json"))
    assert tuple(dict.fromkeys(each["group"] for each in found)) == GROUPS
    for each in found:
        assert set(each) == {"group", "item", "state", "found", "mend"}
        assert (each["mend"] is None) == (each["state"] in ("ok", "skip"))


def test_a_package_without_which_nothing_starts_is_named():
    code = (
        "import runpy, sys; sys.modules['cattrs'] = None\n"
        "runpy.run_module('launch', run_name='__main__', alter_sys=True)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "doctor"], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: Python's package 'cattrs' is not installed")
