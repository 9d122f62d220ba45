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
    command = " ".join(["python -m", f"benchmarks.{name}", *sys.argv[1:]])
    text = f"## {title}\n\n{_circumstances(command)}\n\n{body.strip()}"
    before = RESULTS.read_text() if RESULTS.exists() else "# Results\n"
    new = f"{before.rstrip()}\n\n{_begin(name)}{text}\n{_end(name)}\n"
    RESULTS.write_text(_with(before, name, text) or new)
    print(f"{RESULTS}: {title}")


def put(page: Path, name: str, text: str) -> None:
    """Puts text between the two lines of a page that name it.

    Raises:
        SystemExit: The page has no such lines.
    """
    changed = _with(page.read_text(), name, f"\n{text.strip()}")
    if changed is None:
        raise SystemExit(f"error: {page} has no lines {_begin(name).strip()} and {_end(name)}")
    page.write_text(changed)


def _begin(name: str) -> str:
    return f"<!-- {name} -->\n"


def _end(name: str) -> str:
    return f"<!-- end of {name} -->"


def _with(page: str, name: str, text: str) -> str | None:
    """A page with other text between the two lines that name it; None where it lacks them."""
    before, begin, rest = page.partition(_begin(name))
    _, end, after = rest.partition(_end(name))
    return f"{before}{begin}{text}\n{end}{after}" if begin and end else None


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
