"""benchmarks/results.md by sections: each benchmark rewrites its own and no other."""

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE / "results.md"
PLOTS = HERE / "plots"
SCRATCH = HERE.parent / "runs"
_PACKAGES = ("tensorflow", "tensorflow-cpu", "keras", "ray", "gymnasium", "numpy")


def flags(description: str | None) -> argparse.ArgumentParser:
    """The flags of a benchmark, of which none is there yet: what is none of them is refused."""
    return argparse.ArgumentParser(description=(description or "").partition("\n")[0])


def repeats(arguments: Sequence[str], description: str | None) -> int:
    """The one flag of most benchmarks: how often each variant is measured, in turn."""
    parser = flags(description)
    parser.add_argument("--repeats", type=int, default=5)
    return parser.parse_args(arguments).repeats


def temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder on the repository's disk, as /tmp may be memory; git ignores what a kill leaves."""
    SCRATCH.mkdir(exist_ok=True)
    return tempfile.TemporaryDirectory(dir=SCRATCH)


def section(name: str, title: str, body: str) -> None:
    """Puts a section into results.md, in the place of the one of that name if there is one.

    Args:
        name: Names the section in the file.
        title: Its heading.
        body: Markdown below the line that says command, date, machine and versions.
    """
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    command = " ".join(["python -m", f"benchmarks.{name}", *sys.argv[1:]])
    text = f"{begin}\n## {title}\n\n{_circumstances(command)}\n\n{body.strip()}\n{end}"
    before = RESULTS.read_text() if RESULTS.exists() else "# Results\n"
    if begin in before:
        head, rest = before.split(begin)
        text = head + text + rest.split(end)[1]
    else:
        text = f"{before.rstrip()}\n\n{text}\n"
    RESULTS.write_text(text)
    print(f"{RESULTS}: {title}")


def put(page: Path, name: str, text: str) -> None:
    """Puts text between the two lines of a page that name it.

    Raises:
        SystemExit: The page has no such lines.
    """
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, found, rest = page.read_text().partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        raise SystemExit(f"error: {page} has no lines {begin.strip()} and {end}")
    page.write_text(f"{before}{begin}\n{text.strip()}\n{end}{after}")


def _circumstances(command: str) -> str:
    versions = ", ".join(filter(None, map(_version, _PACKAGES)))
    return (
        f"`{command}`, {date.today()}, {os.cpu_count()} shared cores ({_processor()}), "
        f"Python {platform.python_version()}, {versions}."
    )


def _version(package: str) -> str:
    """Name and version of a package; nothing where it is not installed, as one of TensorFlow's."""
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are figures."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
