"""Whether random search finds as good as a grid, in less work.

    python -m launch tune EXPERIMENT --sampler grid --trials 100 --study GRID
    python -m launch tune EXPERIMENT --sampler random --trials 16 --study RANDOM
    python -m benchmarks.searches GRID RANDOM [--examples VALIDATION_EXAMPLES]

Reads the trials.csv of studies of one accuracy. "As good" is within one standard error of the first
study's best, for that many validation examples.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from benchmarks.results import flags


def main(arguments: Sequence[str]) -> None:
    """Compares studies; the first is the measure."""
    parser = flags(__doc__)
    parser.add_argument("studies", nargs="+", metavar="STUDY", help="folders of studies")
    parser.add_argument("--examples", type=int, default=5_000, help="that validated each of them")
    given = parser.parse_args(arguments)
    folders = given.studies
    studies = {folder: pd.read_csv(Path(folder) / "trials.csv") for folder in folders}
    first = studies[folders[0]]
    best = first["best"].iloc[-1]
    error = float(np.sqrt(best * (1 - best) / given.examples))
    table = Table(title=f"as good: {first.columns[1]} at least {best - error:.4f}")
    for column in ("study", "trials", "best", "work, s", "trials to as good", "work to it, s"):
        table.add_column(column, justify="left" if column == "study" else "right")
    for folder, study in studies.items():
        reached = study[study["best"] >= best - error]
        trials = str(study.index.get_loc(reached.index[0]) + 1) if len(reached) else "-"
        work = f"{reached['job_seconds'].iloc[0]:.0f}" if len(reached) else "-"
        total = f"{study['job_seconds'].iloc[-1]:.0f}"
        figures = (str(len(study)), f"{study['best'].iloc[-1]:.4f}", total, trials, work)
        table.add_row(Path(folder).name, *figures)
    Console().print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
