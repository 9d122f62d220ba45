"""A real terminal of a given size, with a command in it: tmux."""

import itertools
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[3]
_PROMPT = "ended with "
# A socket is used once: a server that is ending would take in the next terminal, and drop it.
_SOCKETS = itertools.count()


class Terminal:
    """Runs `python -m launch` with arguments in a terminal of its own."""

    def __init__(self, arguments: Sequence[str], *, columns: int, lines: int, folder: Path):
        """Starts the command.

        Args:
            arguments: What follows `python -m launch`.
            columns: Width of the terminal.
            lines: Its height.
            folder: Where the command runs; also holds the terminal's socket.
        """
        self._socket = str(folder / f"tmux{next(_SOCKETS)}")
        command = shlex.join([sys.executable, "-m", "launch", *arguments])
        # pytest's own size of the terminal must not reach the command.
        environment = f"env -u COLUMNS -u LINES PYTHONPATH={shlex.quote(str(ROOT))}"
        script = f"{environment} {command}; echo {_PROMPT}$?; exec sleep 1000"
        size = ("-x", str(columns), "-y", str(lines))
        self._tmux("-f", "/dev/null", "new-session", "-d", *size, "-c", str(folder), script)

    def close(self) -> None:
        """Ends the terminal, and the command if it is still there."""
        subprocess.run(["tmux", "-S", self._socket, "kill-server"], check=False)

    def screen(self) -> list[str]:
        """The lines that are on the screen now."""
        return self._tmux("capture-pane", "-p").rstrip().splitlines()

    def wait_for(self, pattern: str, seconds: float = 60.0) -> list[str]:
        """Waits until a line on the screen has the pattern in it; returns the screen's lines."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            lines = self.screen()
            if any(re.search(pattern, line) for line in lines):
                return lines
            time.sleep(0.05)
        raise AssertionError(
            f"no {pattern!r} in {seconds:.0f} s, but:\n" + "\n".join(self.screen())
        )

    def press(self, key: str) -> None:
        """Presses a key, such as C-c."""
        self._tmux("send-keys", key)

    def end(self, code: int = 0, seconds: float = 60.0) -> list[str]:
        """Waits for the end of the command; returns all that it has left on the terminal."""
        self.wait_for(f"^{_PROMPT}{code}$", seconds)
        told = self._tmux("capture-pane", "-p", "-S", "-").rstrip().splitlines()
        return [line.rstrip() for line in told if not line.startswith(_PROMPT)]

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", self._socket, *arguments], check=True, capture_output=True, text=True
        )
        return done.stdout


def expected(name: str) -> list[str]:
    """The lines of an expected screen."""
    return (Path(__file__).parent / "expected" / name).read_text().splitlines()


def without(lines: Sequence[str], changing: Mapping[str, str]) -> list[str]:
    """Lines with what changes from run to run replaced, by pattern."""
    for pattern, word in changing.items():
        lines = [re.sub(pattern, word, line) for line in lines]
    return list(lines)
