"""Atari 100k and PQN on Pong beside what others published: the tables of docs/atari.md.

    python -m benchmarks.atari100k [--seeds 0-1] [--only rainbow_der] [--table-only]

Two sweeps with `--workers 2`, one run after the other: the same command goes on where it was
stopped. A table says which seeds it is of; games that were not played have a dash.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.results import HERE, table
from launch.reports.intervals import METHOD
from launch.run_folder import result
from launch.sweeps.report import VALUES
from launch.sweeps.sweep import folder_of

PAGE = HERE.parent / "docs" / "atari.md"
RUNS = Path("runs") / "atari100k"
_BEGIN, _END = "<!-- figures -->\n", "<!-- end of figures -->"
_GAMES = ("Pong", "Freeway", "Boxing", "Breakout")
_SWEEPS = {"rainbow_der": _GAMES, "pqn_atari": ("Pong",)}
"""What is run, and on which games."""
_PUBLISHED = {
    "random": (-20.7, 0, 0.1, 1.7),
    "human": (14.6, 29.6, 12.1, 30.5),
    "SimPLe": (12.8, 16.7, 7.8, 16.4),
    "DrQ(ε)": (-9.1, 20.3, 9.0, 19.8),
    "SPR": (-5.4, 19.3, 35.7, 19.6),
    "BBF": (16.7, 25.5, 85.8, 370.6),
}
"""Means on the games of Atari 100k, from the raw data that go with Agarwal et al. (2021) and
Schwarzer et al. (2023)."""
_DOPAMINE = {"Rainbow": -20.6, "IQN": -13.8, "QR-DQN": -15.8}
"""Training returns on Pong at 2M frames, 5 seeds, from Dopamine's published logs."""


def main(arguments: Sequence[str]) -> None:
    """Makes the runs that are not there, and then the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seeds", default="0-1", help="such as 0-4")
    parser.add_argument("--only", choices=list(_SWEEPS), help="one of the two sweeps")
    parser.add_argument("--table-only", action="store_true", help="make no runs")
    given = parser.parse_args(arguments)
    for name in [] if given.table_only else [given.only] if given.only else _SWEEPS:
        games = ",".join(f"ALE/{game}-v5" for game in _SWEEPS[name])
        command = [sys.executable, "-m", "launch", name, "--seeds", given.seeds]
        command += ["--vary", f"env={games}", "--workers", "2", "--out", str(RUNS)]
        command += ["--no-film", "--no-pictures"]
        if code := subprocess.run(command).returncode:
            raise SystemExit(code)
    found = {name: _Sweep(folder_of(RUNS, [name])) for name in _SWEEPS}
    if not any(sweep.rows for sweep in found.values()):
        raise SystemExit(f"error: no finished run below {RUNS}")
    before, _, rest = PAGE.read_text().partition(_BEGIN)
    tables = "\n\n".join([*_atari_100k(found["rainbow_der"]), *_pong(found["pqn_atari"])])
    PAGE.write_text(f"{before}{_BEGIN}\n{tables}\n\n{_END}{rest.partition(_END)[2]}")
    print(f"{PAGE}: {', '.join(f'{len(s.rows)} games of {n}' for n, s in found.items())}")


class _Sweep:
    """What a sweep came to.

    Attributes:
        rows: The rows of its `sweep.json`, by game.
    """

    def __init__(self, folder: Path):
        """Reads a sweep's folder; one that is not there has no rows."""
        values = folder / VALUES
        self._folder, self._found = folder, {"rows": [], "runs": []}
        if values.exists():
            self._found = json.loads(values.read_text())
        self.rows: Mapping[str, Any] = {
            row["on"].removeprefix("ALE/").partition("-")[0]: row for row in self._found["rows"]
        }

    def cell(self, game: str, score: str) -> str:
        """A score's mean over the seeds, and its interval where there is one."""
        row = self.rows.get(game)
        if row is None or row[score] is None:
            return "-"
        width = row[f"{score}_half_width"]
        return f"{row[score]:.1f}" + ("" if width is None else f" ± {width:.1f}")

    @property
    def about(self) -> str:
        """Seeds, minutes of a run and steps a second, in a sentence."""
        variants = {row["variant"]: row["seeds"] for row in self._found["rows"]}
        runs = [
            result.read(self._folder / each["folder"])
            for each in self._found["runs"]
            if each["seed"] in variants.get(each["variant"], ())
        ]
        minutes = [each.wall_seconds / 60 for each in runs]
        speed = statistics.median(getattr(each, "steps_per_second", 0.0) for each in runs)
        seeds = sorted({seed for of_one in variants.values() for seed in of_one})
        return (
            f"Seeds {', '.join(map(str, seeds))}. A run took {min(minutes):.0f} to "
            f"{max(minutes):.0f} minutes in all, and made {speed:,.0f} steps a second in training."
        )


def _atari_100k(sweep: _Sweep) -> Iterator[str]:
    """Rainbow's table."""
    if not sweep.rows:
        return
    yield "### Atari 100k"
    yield (
        "`python -m benchmarks.atari100k --only rainbow_der`: mean return of 100 whole games after "
        f"100,000 steps. {METHOD}, from three seeds on. {sweep.about}"
    )
    ours = [
        (name, *(sweep.cell(game, score) for game in _GAMES))
        for name, score in (
            ("rainbow_der, last weights", "final"),
            ("rainbow_der, policy kept", "ours"),
            ("rainbow_der, training", "training"),
        )
    ]
    theirs = [(name, *(f"{mean:.1f}" for mean in means)) for name, means in _PUBLISHED.items()]
    yield table(("", *_GAMES), [*ours, *theirs])


def _pong(sweep: _Sweep) -> Iterator[str]:
    """PQN's table."""
    if not sweep.rows:
        return
    yield "### PQN on Pong, 2 million frames"
    yield (
        "`python -m benchmarks.atari100k --only pqn_atari`: returns with sticky actions; those of "
        f"*training* are of the last 100 games, with exploration. {sweep.about}"
    )
    ours = ("pqn_atari", sweep.cell("Pong", "training"), sweep.cell("Pong", "final"))
    theirs = [(f"Dopamine's {name}", f"{mean:.1f}", "-") for name, mean in _DOPAMINE.items()]
    yield table(("", "training", "last weights, greedy"), [ours, *theirs])


if __name__ == "__main__":
    main(sys.argv[1:])
