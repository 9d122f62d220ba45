"""`python -m launch recommend RUN --user N`: answers from a run of mf_movielens."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from common.errors import UsageError
from launch.commands.flags import parse, writing


@dataclass(frozen=True, kw_only=True)
class RecommendArguments:
    """Recommend films to people of the data set, who have numbers there, with a trained model."""

    run: Annotated[Path, tyro.conf.Positional]
    """The run's folder."""
    user: int | None = None
    """The films that this person would like best, of those not rated yet."""
    similar_to: str | None = None
    """The films most like this one: its number, its title or a part of it."""
    rate: tuple[int, str] | None = None
    """What a person would say of a film: USER MOVIE."""
    users: str | None = None
    """How alike two people are: two numbers, such as 1,345."""
    k: int = 10
    """Length of a list."""
    data_dir: Path | None = None
    """Where the ratings are; without it, where the run found them."""
    out: Path | None = None
    """Write the answer to this .csv as well."""


def run(arguments: Sequence[str]) -> int:
    """Prints the answer as a table."""
    given: RecommendArguments = parse(RecommendArguments, "recommend", arguments)
    asked = [given.user, given.similar_to, given.rate, given.users]
    if sum(question is not None for question in asked) != 1:
        raise UsageError(
            "recommend answers one question: --user N, --similar-to TITLE, --rate USER MOVIE or "
            "--users A,B"
        )
    if given.k < 1:
        raise UsageError(f"--k {given.k}: must be 1 or more")
    question = _question(given)
    from launch.jobs.supervised import trained

    table = trained.recommend(given.run, given.data_dir, question)
    if given.out is not None:
        with writing(given.out):
            table.to_csv(given.out, index=False)
    print(table.to_string(index=False, float_format=lambda value: f"{value:.4g}"))
    return 0


def _question(given: RecommendArguments) -> Callable[[Any], Any]:
    """What to ask a recommender."""
    user, film, rate = given.user, given.similar_to, given.rate
    if user is not None:
        return lambda recommender: recommender.top(user, given.k)
    if film is not None:
        return lambda recommender: recommender.similar(film, given.k)
    if rate is not None:
        return lambda recommender: recommender.rate(*rate)
    one, comma, other = str(given.users).partition(",")
    if not (comma and one.strip().isdigit() and other.strip().isdigit()):
        raise UsageError(f"--users {given.users}: expected two numbers, such as 1,345")
    return lambda recommender: recommender.alike(int(one), int(other))
