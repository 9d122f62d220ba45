"""A message for the terminal when this process is killed and cannot write it by itself."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_CODE = "import sys; sys.stdin.buffer.read() or sys.stderr.write(sys.argv[1] + chr(10))"


@contextmanager
def last_words(words: str) -> Iterator[None]:
    """Prints `words` if this process is killed inside the context.

    A SIGKILL does that, the kernel when memory runs out, a crash in native code, and Ray, which
    ends its drivers at once and silently when the node process on their machine is gone. A small
    process of its own waits for either a good-bye or the end of the pipe.

    Args:
        words: One line for standard error.
    """
    command = [sys.executable, "-S", "-E", "-c", _CODE, words]
    # A session of its own: a Ctrl-C at the terminal is not meant for it.
    sentinel = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
    assert sentinel.stdin is not None
    try:
        yield
    finally:
        with suppress(OSError):  # somebody killed it
            sentinel.stdin.write(b"good-bye")
            sentinel.stdin.close()
        sentinel.wait()
