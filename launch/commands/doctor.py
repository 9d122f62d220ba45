"""`python -m launch doctor`."""

import dataclasses
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from common import jsons
from common.findings import Finding
from launch.commands.flags import parse
from launch.commands.printing import show
from launch.config.execution import DataConfig, OutputConfig
from launch.diagnosis import lines
from launch.diagnosis.finding import Group
from launch.diagnosis.groups import groups
from launch.terminal.console import waited_for
from supervised.datasets.source import Source


@dataclass(frozen=True, kw_only=True)
class DoctorArguments:
    """Say what works on this machine, what is missing, and how to mend it.

    Exit code 1 where something fails that a training needs.
    """

    data_dir: Path | None = None
    """Folder with a sub-folder for each data set."""
    data_cache: Path = DataConfig().data_cache
    """Folder of downloads."""
    out: Path = OutputConfig().out
    """Where the folders of runs are to go."""
    quick: bool = False
    """Leave out what takes more than a second: TensorFlow's import, and a start of Ray."""
    json: bool = False
    """The findings as JSON."""


def run(arguments: Sequence[str]) -> int:
    """Examines this machine."""
    given: DoctorArguments = parse(DoctorArguments, "doctor", arguments)
    source = Source(data_dir=given.data_dir, cache=given.data_cache.expanduser())
    examined = groups(
        environment=os.environ, out=given.out.expanduser(), source=source, quick=given.quick
    )
    return _as_json(examined) if given.json else _as_lines(examined)


def _as_json(examined: Sequence[Group]) -> int:
    found = [(group.name, each) for group in examined for each in _findings(group)]
    values = [{"group": group, **dataclasses.asdict(each)} for group, each in found]
    print(jsons.dumps(values, indent=2))
    return _exit_code([each for _, each in found])


def _as_lines(examined: Sequence[Group]) -> int:
    found: list[Finding] = []
    for group in examined:
        show([Text(group.name, "bold")])
        for each in _findings(group):
            show(lines.of_finding(each))
            found.append(each)
        show([""])
    show([lines.of_summary(found)])
    return _exit_code(found)


def _findings(group: Group) -> Iterator[Finding]:
    return waited_for(f"looking at {group.name}", group.findings())


def _exit_code(found: Sequence[Finding]) -> int:
    return int(any(each.state == "fail" for each in found))
