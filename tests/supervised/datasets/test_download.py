import hashlib
import io
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest

from supervised.datasets.download import fetch
from supervised.datasets.source import DataError, RemoteFile
from tests.supervised.datasets.server import Server, serving

BODY = np.random.default_rng(0).bytes(300_000)
SHA256 = hashlib.sha256(BODY).hexdigest()


def silent(*_):
    pass


def get(folder: Path, *urls: str, sha256=SHA256, progress=silent, check=silent, **about) -> Path:
    file = RemoteFile(name="data.bin", urls=urls, sha256=sha256, **about)
    return fetch(file, folder, progress=progress, check=check)


def left_over(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


def test_a_file_comes_once_with_progress(tmp_path):
    told = []
    with serving(Server({"a": BODY})) as server:
        for _ in range(2):
            path = get(tmp_path / "new", server.url + "a", progress=lambda *to: told.append(to))
    assert path.read_bytes() == BODY
    assert server.asked == [("/a", None)]
    assert told[-1] == (len(BODY), len(BODY), "data.bin")
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)
    assert left_over(path.parent) == ["data.bin"]


def test_a_broken_connection_is_continued_at_its_byte(tmp_path):
    with serving(Server({"a": BODY}, cuts=[100_000, 50_000])) as server:
        assert get(tmp_path, server.url + "a").read_bytes() == BODY
    assert [asked for _, asked in server.asked] == [None, "bytes=100000-", "bytes=150000-"]
    assert left_over(tmp_path) == ["data.bin"]


def test_a_stopped_download_goes_on_in_the_next_process(tmp_path):
    def stop(done: int, total: int, what: str) -> None:
        if done > 150_000:
            raise KeyboardInterrupt

    with serving(Server({"a": BODY})) as server:
        with pytest.raises(KeyboardInterrupt):
            get(tmp_path, server.url + "a", progress=stop)
        (partial,) = tmp_path.glob("*.partial")
        size = partial.stat().st_size
        assert 150_000 < size < len(BODY)
        assert get(tmp_path, server.url + "a").read_bytes() == BODY
    assert server.asked[1:] == [("/a", f"bytes={size}-")]


def test_a_partial_file_that_is_whole_is_taken_and_one_too_long_is_not(tmp_path):
    def stop_at_the_end(done: int, total: int, what: str) -> None:
        if done == total:
            raise KeyboardInterrupt

    with serving(Server({"a": BODY})) as server:
        for surplus in (b"", b"too much"):
            with pytest.raises(KeyboardInterrupt):
                get(tmp_path, server.url + "a", progress=stop_at_the_end)
            (partial,) = tmp_path.glob("*.partial")
            partial.write_bytes(BODY + surplus)
            assert get(tmp_path, server.url + "a").read_bytes() == BODY
            (tmp_path / "data.bin").unlink()


def test_a_server_that_ignores_ranges_sends_it_all_again(tmp_path):
    with serving(Server({"a": BODY}, ranges=False, cuts=[100_000])) as server:
        assert get(tmp_path, server.url + "a").read_bytes() == BODY
    assert [asked for _, asked in server.asked] == [None, "bytes=100000-"]


def test_a_connection_that_breaks_always_is_given_up_and_remembered(tmp_path, says):
    with serving(Server({"a": BODY}, cuts=[10_000] * 5)) as server:
        says(
            lambda: get(tmp_path, server.url + "a"), "data.bin: not downloaded", "connection broke"
        )
        assert len(server.asked) == 5
        assert get(tmp_path, server.url + "a").read_bytes() == BODY
    assert server.asked[-1] == ("/a", "bytes=50000-")


def test_a_wrong_checksum_leaves_nothing_behind(tmp_path, says):
    with serving(Server({"a": b"something else"})) as server:
        found = hashlib.sha256(b"something else").hexdigest()
        says(
            lambda: get(tmp_path, server.url + "a"), "data.bin", f"expected {SHA256} but got", found
        )
    assert left_over(tmp_path) == []


def test_a_damaged_file_in_the_cache_is_fetched_again(tmp_path):
    (tmp_path / "data.bin").write_bytes(BODY[:-1])
    with serving(Server({"a": BODY})) as server:
        assert get(tmp_path, server.url + "a").read_bytes() == BODY


def test_mirrors_are_tried_in_order_and_go_on_for_each_other(tmp_path):
    with (
        serving(Server({"a": BODY}, cuts=[70_000, 0])) as breaks,
        serving(Server({"a": BODY})) as works,
    ):
        urls = (breaks.url + "missing", breaks.url + "a", works.url + "a")
        assert get(tmp_path, *urls).read_bytes() == BODY
    assert breaks.asked == [("/missing", None), ("/a", None), ("/a", "bytes=70000-")]
    assert works.asked == [("/a", "bytes=70000-")]


def test_every_mirror_is_named_when_none_has_it(tmp_path, says):
    with serving(Server({})) as server:
        message = says(
            lambda: get(tmp_path, server.url + "a", "http://127.0.0.1:1/a"), "data.bin", "HTTP 404"
        )
    assert "127.0.0.1:1: no connection" in message
    says(lambda: get(tmp_path), "data.bin: cannot be downloaded without a login")


def test_contents_decide_where_there_is_no_checksum(tmp_path, says):
    def only_body(path: Path) -> None:
        if path.read_bytes() != BODY:
            raise DataError("expected the body")

    with serving(Server({"a": BODY, "page": b"<html>log in</html>"})) as server:
        bad, good = server.url + "page", server.url + "a"
        says(lambda: get(tmp_path, bad, sha256=None, check=only_body), "expected the body")
        assert left_over(tmp_path) == []
        assert get(tmp_path, bad, good, sha256=None, check=only_body).read_bytes() == BODY


def packed(name: str, contents: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, contents)
    return buffer.getvalue()


def test_a_file_in_a_zip_in_a_zip_has_the_checksum_of_the_file(tmp_path, says):
    members = ("inner.zip", "folder/data.bin")
    archive = packed(members[0], packed(members[1], BODY))
    with serving(Server({"zip": archive, "page": b"<html>"}, cuts=[100_000])) as server:
        assert get(tmp_path, server.url + "zip", members=members).read_bytes() == BODY
        assert left_over(tmp_path) == ["data.bin"]
        assert len(server.asked) == 2
        says(
            lambda: get(tmp_path / "other", server.url + "page", members=members),
            "expected a zip with inner.zip",
        )


def test_two_at_once_download_once(tmp_path):
    with serving(Server({"a": BODY}, delay=0.2)) as server:
        threads = [threading.Thread(target=get, args=(tmp_path, server.url + "a")) for _ in "12"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=10)
    assert server.asked == [("/a", None)]
    assert (tmp_path / "data.bin").read_bytes() == BODY


def test_a_cache_that_cannot_be_written_is_named(tmp_path, says):
    (tmp_path / "file").write_text("in the way")
    says(
        lambda: get(tmp_path / "file" / "x", "http://127.0.0.1:1/a"), "the cache cannot be written"
    )
