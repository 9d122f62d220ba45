"""A web server on 127.0.0.1 that can break off in the middle."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Server:
    files: dict[str, bytes]
    ranges: bool = True
    cuts: list[int] = field(default_factory=list)
    """After how many bytes each of the first answers breaks off."""
    delay: float = 0.0
    url: str = ""
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    """Path and Range of every request."""


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _answer(self, server)

        def log_message(self, format: str, *args: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    server.url = f"http://127.0.0.1:{http.server_port}/"
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join(timeout=10)


def _answer(request: BaseHTTPRequestHandler, server: Server) -> None:
    asked = request.headers["Range"]
    server.asked.append((request.path, asked))
    time.sleep(server.delay)
    body = server.files.get(request.path.lstrip("/"))
    if body is None:
        request.send_error(404)
        return
    start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and server.ranges else 0
    if start and start >= len(body):
        request.send_response(416)
        request.send_header("Content-Range", f"bytes */{len(body)}")
        request.send_header("Content-Length", "0")
        request.end_headers()
        return
    request.send_response(206 if start else 200)
    if start:
        request.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
    request.send_header("Content-Length", str(len(body) - start))
    request.end_headers()
    end = start + server.cuts.pop(0) if server.cuts else len(body)
    request.wfile.write(body[start:end])
