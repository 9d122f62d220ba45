"""What the doctor says of processor, memory, disks, and of processes that it tries."""

import sys
from collections import namedtuple

import pytest

from common.findings import Finding
from launch.diagnosis import (
    container,
    probe,
    processor,
    storage,
)
from tests.launch.diagnosis.states import states
from tests.processes import all_gone

GB = 1_000_000_000
Usage = namedtuple("Usage", "total free")
NOT_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


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
    assert states(processor.variables({"HOME": "/"})) == {"variables": "ok"}
    assert states(processor.variables({"TF_ENABLE_ONEDNN_OPTS": "0"})) == {"variables": "ok"}
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
