"""`python -m launch predict RUN INPUT [INPUT ...]`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from common.errors import UsageError
from launch.commands.flags import parse, writing

_CHANCES = 4  # classes whose probabilities are printed


@dataclass(frozen=True, kw_only=True)
class PredictArguments:
    """Apply a run's trained model to your own rows, pictures or texts."""

    run: Annotated[Path, tyro.conf.Positional]
    """The run's folder."""
    inputs: Annotated[tuple[str, ...], tyro.conf.Positional]
    """Files (CSV, pictures, folders of pictures) or texts, as the model takes them."""
    column: str | None = None
    """The column of a table that has the texts, where the model takes texts."""
    out: Path | None = None
    """Write the predictions to this .csv as well, with the probability of every class, and the
    pictures that are drawn of them beside it."""


def run(arguments: Sequence[str]) -> int:
    """Prints predictions, a row each."""
    given: PredictArguments = parse(PredictArguments, "predict", arguments)
    if not given.inputs:
        raise UsageError("predict needs inputs: python -m launch predict RUN FILE [FILE ...]")
    from launch.jobs.supervised import trained

    table, pictures = trained.predict(given.run, given.inputs, given.column)
    beside = {}
    if given.out is not None:
        beside = {
            given.out.with_name(f"{given.out.stem}_{name}"): pictures[name] for name in pictures
        }
        with writing(given.out):
            table.to_csv(given.out, index=False)
            for path, contents in beside.items():
                path.write_bytes(contents)
    chances = [name for name in table.columns if str(name).startswith("p_")]
    if len(chances) > _CHANCES:  # too many for a terminal
        table = table.drop(columns=chances)
    print(table.to_string(index=False, float_format=lambda value: f"{value:.4g}"))
    if given.out is not None:
        print(f"written to {', '.join(str(path) for path in (given.out, *beside))}")
    return 0
