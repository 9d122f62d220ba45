"""The recommender that a run of ratings has kept: loaded without Keras, and without the ratings."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from common.errors import UsageError
from launch.run_folder import description
from supervised.core.job import InputError
from supervised.datasets.source import DataError
from supervised.recommenders import recommender_file
from supervised.recommenders.serving import Recommender


def of_run(folder: Path) -> Recommender:
    """The recommender of a run.

    Raises:
        UsageError: The run cannot be read, or has none.
    """
    experiment, _ = description.read(folder)
    path = folder / recommender_file.NAME
    if not path.is_file():
        raise UsageError(
            f"{folder}: {experiment} keeps no {recommender_file.NAME}: runs of ratings, "
            "mf_movielens and mf_movielens_100k do, once they are trained; those of an earlier "
            "version do not"
        )
    with explained():
        return recommender_file.read(path)


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Turns what a recommender says of a question it cannot answer into a user's error."""
    try:
        yield
    except (InputError, DataError) as error:
        raise UsageError(str(error)) from None
