"""`python -m launch describe RUN`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import tyro

from common import jsons
from launch.commands import run_page
from launch.commands.flags import RunFolder, parse
from launch.commands.printing import show


@dataclass(frozen=True, kw_only=True)
class DescribeArguments:
    """Tell what a run is, from its files: its model, scores, settings, versions.

    Of a run that stopped or broke it is told what is missing.

    python -m launch describe RUN

    python -m launch describe RUN --json
    """

    run: RunFolder
    """The run's folder."""
    json: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """All of it as JSON."""


def run(arguments: Sequence[str]) -> int:
    """Describes a run."""
    given: DescribeArguments = parse(DescribeArguments, "describe", arguments)
    page = run_page.of(given.run)
    if given.json:
        print(jsons.dumps(page.to_json(), indent=2, ensure_ascii=False))
    else:
        show(page.lines())
    return 0
