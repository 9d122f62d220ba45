"""`python -m launch compare RUN [RUN ...]`."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Annotated

import tyro

from common import jsons
from common.errors import UsageError
from common.settings import require
from launch.commands.flags import parse, writing
from launch.commands.printing import columns
from launch.run_folder.files import page


@dataclass(frozen=True, kw_only=True)
class CompareArguments:
    """Compare agents over seeds, with intervals that cover.

    Runs that differ in their seed alone are one agent; those that differ in other settings are told
    apart by them. The last weights and the policy kept stand apart. docs/compare.md says more.
    """

    runs: Annotated[tuple[str, ...], tyro.conf.Positional]
    """Run folders, or folders that hold some; NAME=FOLDER names their agent."""
    threshold: float | None = None
    """Mean return to reach, in place of each environment's solved mark."""
    out: Path = Path("runs/compare")
    """Folder of compare.md, compare.json and the pictures."""
    json: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Print compare.json in place of lines."""

    def __post_init__(self) -> None:
        if self.threshold is not None:
            require(isfinite(self.threshold), "threshold", "must be finite", self.threshold)


def run(arguments: Sequence[str]) -> int:
    """Compares agents."""
    given: CompareArguments = parse(CompareArguments, "compare", arguments)
    if not given.runs:
        raise UsageError("compare needs run folders: python -m launch compare RUN [RUN ...]")
    from launch.reports.compared import comparison, found, pages, pictures
    from launch.reports.finding import nothing_left, tell

    runs, left_out = found.find(given.runs)
    if not runs:
        raise nothing_left([Path(each) for each in given.runs], left_out)
    if given.json:
        tell(left_out)
    compared = comparison.compare(runs, left_out, given.threshold)
    text = jsons.dumps(jsons.finite(comparison.to_json(compared)), indent=2) + "\n"
    with writing(given.out):
        given.out.mkdir(parents=True, exist_ok=True)
        for name, contents in (
            ("compare.json", text),
            ("compare.md", pages.markdown(compared)),
        ):
            with page(given.out / name) as unfinished:
                unfinished.write_text(contents)
        drawn = pictures.draw(compared, given.out)
    if given.json:
        print(text, end="")
        return 0
    for line in pages.lines(compared, columns()):
        print(line)
    names = ", ".join(path.name for path in drawn)
    print(f"written to {given.out}: compare.md, compare.json, {names}")
    return 0
