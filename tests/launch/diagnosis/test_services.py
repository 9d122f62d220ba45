"""What the doctor says of TensorFlow, Ray, ports, films and data sets."""

import os
import socket
from collections import namedtuple
from collections.abc import Iterator

import psutil
import pytest

from common.findings import ok
from launch.diagnosis import (
    data_sets,
    pictures,
    ports,
    ray,
    tensorflow,
)
from launch.diagnosis.probe import Outcome
from supervised.datasets import catalog
from supervised.datasets.source import Source
from tests.launch.diagnosis.states import states

Usage = namedtuple("Usage", "total free")


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
    assert states(ray.addressed(here, ray.reach, attempt)) == {"address": "ok", "joining": "fail"}
    assert states(ray.addressed(here, ray.reach, None)) == {"address": "ok", "joining": "skip"}
    assert states(ray.addressed(nowhere, ray.reach, attempt)) == {"address": "fail"}
    assert states(ray.addressed(None, ray.reach, attempt)) == {"address": "ok"}


def test_a_cluster_on_this_machine_is_found(tmp_path, taken):
    assert "none runs" in ray.running_cluster(tmp_path, ray.reach).found
    (tmp_path / "ray_current_cluster").write_text("127.0.0.1:1")
    assert "none runs" in ray.running_cluster(tmp_path, ray.reach).found
    (tmp_path / "ray_current_cluster").write_text(f"127.0.0.1:{taken}")
    assert f"one runs at 127.0.0.1:{taken}" in ray.running_cluster(tmp_path, ray.reach).found


def test_a_ray_that_asks_nobody_for_a_token_is_a_warning(tmp_path):
    assert ray.authentication({}, tmp_path).state == "ok"
    assert "RAY_AUTH_MODE=token" in ray.authentication({}, tmp_path).found
    asked = ray.authentication({"RAY_AUTH_MODE": "token"}, tmp_path)
    assert asked.state == "ok"
    assert "RAY_AUTH_MODE" not in asked.found
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
    assert states(tensorflow._imported(os.environ))["import"] in ("ok", "warn")


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
        states(data_sets.data_sets((), Source(data_dir=tmp_path / "no")))["data folder"] == "fail"
    )


def test_a_broken_data_set_is_named(tmp_path):
    (tmp_path / "mnist").mkdir()
    found = data_sets.data_sets(catalog.ALL, Source(data_dir=tmp_path, cache=tmp_path / "cache"))
    assert states(found)["mnist"] == "warn"
