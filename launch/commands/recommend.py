"""`python -m launch recommend RUN ...`: answers from a run of ratings."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from common.errors import UsageError
from common.text import reason
from launch.commands.flags import RunFolder, parse, writing
from launch.commands.printing import rows
from launch.terminal.console import say

if TYPE_CHECKING:
    import pandas as pd

    from supervised.recommenders.serving import Recommender

_POPULAR = "the most popular"
_PROMPT = "person, or titles apart by ;> "


@dataclass(frozen=True, kw_only=True)
class RecommendArguments:
    """Recommend what people would like, by a model trained on ratings.

    Without a question it asks for one after the other: a person, or what somebody likes, such as
    Toy Story=4.5; Heat.
    """

    run: RunFolder
    """The run's folder."""
    user: str | None = None
    """What this person would like best, of what they have not rated yet."""
    similar_to: str | None = None
    """What is most like this item: its number or name, its title or a part of it."""
    rate: tuple[str, ...] = ()
    """USER ITEM: what a person would say of it; or "Toy Story=4.5" "Heat=2" ...: what somebody
    would like who rates so."""
    users: str | None = None
    """How alike two people are: two of them, such as 1,345."""
    batch: Path | None = None
    """A file of people, one a line: a list for each of them, as CSV."""
    k: int = 10
    """Length of a list."""
    out: Path | None = None
    """Write the answer to this .csv as well, with whole titles; with --batch, instead."""


def run(arguments: Sequence[str]) -> int:
    """Prints the answer as a table."""
    given: RecommendArguments = parse(RecommendArguments, "recommend", arguments)
    asked = [given.user, given.similar_to, given.rate or None, given.users, given.batch]
    if sum(question is not None for question in asked) > 1:
        raise UsageError(
            "recommend answers one question: --user U, --similar-to TITLE, --rate USER ITEM, "
            '--rate "TITLE=4.5", --users A,B or --batch FILE'
        )
    if given.k < 1:
        raise UsageError(f"--k {given.k}: must be 1 or more")
    question = _question(given)
    from launch.jobs.supervised import recommending

    recommender = recommending.of_run(given.run)
    if given.batch is not None:
        _batch(recommender, given.batch, given.k, given.out)
    elif question is None:
        _asked_for(recommender, given.k, given.out)
    else:
        with recommending.explained():
            table = question(recommender)
        if given.user is not None:
            _tell_unknown(recommender, given.user)
        _print(table)
        _write(table, given.out)
    return 0


def _question(given: RecommendArguments) -> "Callable[[Recommender], pd.DataFrame] | None":
    """What to ask a recommender; None where the user is asked, or a file has the questions."""
    user, item, rate, k = given.user, given.similar_to, given.rate, given.k
    if user is not None:
        return lambda recommender: recommender.top(recommender.person(user), k)
    if item is not None:
        return lambda recommender: recommender.similar(item, k)
    if rate and all("=" in each for each in rate):
        likes = _likes(rate)
        return lambda recommender: recommender.top_of_newcomer(likes, k)
    if rate:
        if len(rate) != 2:
            raise UsageError(
                f'--rate {" ".join(rate)}: expected USER ITEM, or ratings such as "Toy Story=4.5"'
            )
        return lambda recommender: recommender.rate(recommender.person(rate[0]), rate[1])
    if given.users is None:
        return None
    one, comma, other = (part.strip() for part in given.users.partition(","))
    if not (comma and one and other):
        raise UsageError(f"--users {given.users}: expected two people, such as 1,345")
    return lambda recommender: recommender.alike(recommender.person(one), recommender.person(other))


def _likes(given: Iterable[str]) -> Mapping[str, float | None]:
    """Ratings by title, from texts such as `Toy Story=4.5`, or `Heat` for what is liked.

    Raises:
        UsageError: What follows the last = is no number.
    """
    found: dict[str, float | None] = {}
    for text in given:
        title, equals, rating = text.rpartition("=")
        try:
            found[(title if equals else rating).strip()] = float(rating) if equals else None
        except ValueError:
            raise UsageError(f"{text}: expected TITLE=RATING, a number behind =") from None
    return found


def _asked_for(recommender: "Recommender", k: int, out: Path | None) -> None:
    """Asks for people and titles, a line each, until an empty line or the end."""
    from launch.jobs.supervised import recommending

    if out is not None:
        raise UsageError("--out needs a question, or --batch FILE")
    while True:
        if sys.stdin.isatty():
            print(_PROMPT, end="", flush=True)
        line = sys.stdin.readline()
        if not line.strip():
            return
        try:
            with recommending.explained():
                _print(_answer(recommender, line.strip(), k))
        except UsageError as error:
            print(error, flush=True)


def _answer(recommender: "Recommender", line: str, k: int) -> "pd.DataFrame":
    """A list for a person, or for somebody who likes these titles."""
    person = recommender.person(line)
    alone = ";" not in line and "=" not in line
    if alone and (recommender.knows(person) or not recommender.has_item(line)):
        _tell_unknown(recommender, line)
        return recommender.top(person, k)
    return recommender.top_of_newcomer(_likes(p for p in line.split(";") if p.strip()), k)


def _tell_unknown(recommender: "Recommender", person: str) -> None:
    if not recommender.knows(recommender.person(person)):
        say(f"{person}: nobody of whom there are ratings to go by: {_POPULAR}")


def _batch(recommender: "Recommender", path: Path, k: int, out: Path | None) -> None:
    """Writes a list for each person of a file, as CSV."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--batch {path}: cannot be read ({reason(error)})") from None
    people = [recommender.person(line.strip()) for line in lines if line.strip()]
    if not people:
        raise UsageError(f"--batch {path}: has no people, one a line")
    unknown = sum(not recommender.knows(person) for person in people)
    if unknown:
        say(f"{unknown:,} of {len(people):,} people are not known: they get {_POPULAR}")
    table = recommender.top_of_many(people, k)
    if out is None:
        print(table.to_csv(index=False, float_format="%.4g"), end="")
        return
    _write(table, out)
    print(f"written to {out}: lists of {len(people):,} people")


def _write(table: "pd.DataFrame", out: Path | None) -> None:
    if out is not None:
        with writing(out):
            table.to_csv(out, index=False)


def _print(table: "pd.DataFrame") -> None:
    print(rows(table, first=("title", "genres")), flush=True)
