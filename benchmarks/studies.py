"""docs/studies.md: what the studies of agents came to, from the folders that their runs left.

    python -m benchmarks.studies [--runs runs]

`make studies` runs the studies and then this. A page is made of those that are finished, and says
which are not.
"""

import json
import shutil
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.results import flags
from launch.experiments import catalog
from launch.run_folder import result
from launch.sweeps.names import PICTURE, TABLE, VALUES
from launch.sweeps.sweep import folder_of

DOCS = Path(__file__).parent.parent / "docs"
PAGE = DOCS / "studies.md"
PICTURES = DOCS / "images"
_INTRODUCTION = """# Studies

What is told of agents, tested: each study holds variants beside each other, over seeds that chose
no setting, and its sentence is made from the figures, whatever they are. *final* is the score of
the last weights, *kept* that of the policy that was best in the evaluations, *training* the return
of the last 100 training episodes, with exploration; on lakes returns are shares of successes.
*optimum* is the score of the policy that is best for the agent's own discount γ: where γ is below 1
another policy can score more, as scores are not discounted.
Written by `python -m benchmarks.studies`; `make studies` runs the studies first. How one is run,
continued and written is in [sweeps.md](sweeps.md)."""


def main(arguments: Sequence[str]) -> None:
    """Writes the page and its pictures."""
    parser = flags(__doc__)
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    out = parser.parse_args(arguments).runs
    finished, lacking = {}, []
    for name in catalog.STUDIES:
        values = folder_of(out, [name]) / VALUES
        found = json.loads(values.read_text()) if values.exists() else {}
        if found.get("shows"):
            finished[name] = found
        else:
            lacking.append(name)
    parts = [_INTRODUCTION]
    for name, found in finished.items():
        parts += _section(name, folder_of(out, [name]), found)
        shutil.copyfile(folder_of(out, [name]) / PICTURE, PICTURES / f"{name}.png")
    if lacking:
        parts.append(f"Not run here: {', '.join(f'`{name}`' for name in lacking)}.")
    PAGE.write_text("\n\n".join(parts) + "\n")
    print(f"{PAGE}: {len(finished)} studies")


def shown(page: str) -> dict[str, str]:
    """The sentences of a page by the names of their studies."""
    sections = (section.split("\n", 1) for section in page.split("\n## ")[1:])
    return {
        name: next(line for line in body.splitlines() if line.startswith("**")).strip("*")
        for name, body in sections
    }


def _section(name: str, folder: Path, found: Mapping[str, Any]) -> Iterator[str]:
    """A study's heading, claim, sentence, table and picture."""
    study = catalog.STUDIES[name]
    table = (folder / TABLE).read_text()
    head, _, _ = table.partition(f"\n\n{found['shows']}")
    yield f"## {name}"
    yield f"{study.summary}. Claim: {study.claim}"
    yield f"**{found['shows']}**"
    yield f"`python -m launch {name}`, seeds {study.seeds}. {head[:1].upper()}{head[1:]}"
    yield f"Median seconds of a run, on 2 cores busy with others: {_seconds(folder, found)}."
    yield f"![{study.summary}](images/{name}.png)"


def _seconds(folder: Path, found: Mapping[str, Any]) -> str:
    times: dict[str, list[float]] = {}
    for run in found["runs"]:
        seconds = result.read(folder / run["folder"]).wall_seconds
        times.setdefault(run["variant"], []).append(seconds)
    return ", ".join(f"{name} {statistics.median(each):.3g}" for name, each in times.items())


if __name__ == "__main__":
    main(sys.argv[1:])
