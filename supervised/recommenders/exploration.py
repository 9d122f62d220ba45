"""Explores the ratings: counts, best films, men and women, ages (book, chapter 9).

Deviations from the book, where each is a bug: the table that joins ratings, films and people is
made before it is used; the picture of ratings is of ratings, not of films' means; a film that one
gender alone has rated has no gap between them; Toy Story's mean by women is 4.187817, where the
book prints 4.87817; men do not "rate higher" in its own table.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from supervised.core import plots
from supervised.core.job import Context, Result
from supervised.datasets.movielens import Movielens
from supervised.recommenders import rated
from supervised.recommenders.configs import EdaConfig

_SHOWN = 10
_BOOK = {
    "mean rating": 3.581564,
    "deviation of ratings": 1.117102,
    "films listed": 3_883,
    "mean age code": 30.639238,
    "ratings of American Beauty (1999)": 3_428,
    "ratings of Star Wars: Episode IV - A New Hope (1977)": 2_991,
    "ratings of Jurassic Park (1993)": 2_672,
    "mean of Seven Samurai (The Magnificent Seven) (Shichinin no samurai) (1954)": 4.560510,
    "mean of Shawshank Redemption, The (1994)": 4.554558,
    "mean of Godfather, The (1972)": 4.524966,
    "mean of Usual Suspects, The (1995)": 4.517106,
    "mean of Toy Story (1995) by F": 4.187817,
}
"""The numbers that the book prints of the whole MovieLens 1M, with its misprint corrected."""
_PRINTED = 1e-6  # the book's last digit


def run(config: EdaConfig, context: Context) -> Result:
    """Makes the chapter's tables and pictures, and compares numbers that the book prints.

    Raises:
        DataError: The ratings are missing or wrong.
    """
    data = rated.load(config.ratings, context)
    joined = _joined(data)
    films = by_film(joined)
    many = films.loc[films["ratings"] > config.fewest]
    tables = {
        "most_rated": films.sort_values(["ratings", "title"], ascending=[False, True]),
        "best": many.sort_values("mean", ascending=False),
        "gender_gaps": many.dropna(subset=["M - F"]).sort_values("M - F"),
        "ages": _by_age(joined),
    }
    for name, table in tables.items():
        context.table(name, table)
        context.say(f"{name}:\n{table.head(_SHOWN).to_string(index=False)}")
    context.figure("ratings", _figure(data, joined, films))
    stars = joined["rating"].to_numpy(np.float64)
    found = {
        "ratings": float(len(data)),
        "mean": float(stars.mean()),
        "deviation": float(stars.std(ddof=1)),
        "people": float(len(np.unique(data.users))),
        "films": float(len(films)),
        "share_filled": len(data) / (len(np.unique(data.users)) * len(films)),
    }
    if config.ratings == "ml-1m" and data.kind == "real":
        compared = compare(data, joined, films)
        context.table("book", compared)
        found["agreeing_with_the_book"] = float(compared["agrees"].to_numpy().mean())
        note = f"{compared['agrees'].sum()} of {len(compared)} figures agree with the book's"
    else:
        note = f"the book's figures are of the whole MovieLens 1M; this is {data.kind} {data.name}"
    return Result(metrics=found, notes=[note])


def by_film(joined: pd.DataFrame) -> pd.DataFrame:
    """A table of each rated film: number and mean of ratings, means by women and men, their gap.

    Args:
        joined: A row for each rating: movie, title, gender, rating.
    """
    found = joined.groupby(["movie", "title"])["rating"].agg(["size", "mean"]).reset_index()
    by_gender = joined.pivot_table(values="rating", index="movie", columns="gender", aggfunc="mean")
    by_gender = by_gender.reindex(columns=["F", "M"])  # NaN where nobody of a gender rated it
    by_gender["M - F"] = by_gender["M"] - by_gender["F"]
    return found.rename(columns={"size": "ratings"}).join(by_gender, on="movie")


def compare(data: Movielens, joined: pd.DataFrame, films: pd.DataFrame) -> pd.DataFrame:
    """A table of the numbers that the book prints, beside ours."""
    by_title = films.set_index("title")
    ours: dict[str, float] = {}
    for name in _BOOK:
        what, _, title = name.partition(" of ")
        film, by, gender = title.partition(" by ")
        if film in by_title.index:
            column = gender if by else "mean" if what == "mean" else "ratings"
            ours[name] = float(by_title.loc[film, column])  # type: ignore[arg-type]
    stars = joined["rating"].to_numpy(np.float64)
    ours |= {
        "mean rating": float(stars.mean()),
        "deviation of ratings": float(stars.std(ddof=1)),
        "films listed": float(len(data.films)),
        "mean age code": float(data.people["age"].to_numpy().mean()),
    }
    frame = pd.DataFrame({"figure": list(_BOOK), "book": list(_BOOK.values())})
    frame["ours"] = [ours.get(name, np.nan) for name in _BOOK]
    return frame.assign(agrees=(frame["ours"] - frame["book"]).abs() < _PRINTED)


def _joined(data: Movielens) -> pd.DataFrame:
    """A table with a row for each rating, with the columns of its film and its person."""
    films = data.films.iloc[data.movies].reset_index(drop=True)
    people = data.people.iloc[data.users].reset_index(drop=True)
    return pd.concat([people, films], axis=1).assign(rating=data.ratings.astype(np.float64))


def _by_age(joined: pd.DataFrame) -> pd.DataFrame:
    """People, ratings and mean rating of each of MovieLens 1M's seven age groups."""
    of_group = {"people": ("user", "nunique"), "ratings": ("user", "size")}
    found: Any = joined.groupby("age").agg(**of_group, mean=("rating", "mean"))
    return found.reset_index()


def _figure(data: Movielens, joined: pd.DataFrame, films: pd.DataFrame) -> Figure:
    figure, axes = plots.panels(2, 2, size=(5.0, 3.4))
    stars, means, ages, known = axes.flat
    counts = joined["rating"].value_counts().sort_index()
    stars.bar([f"{star:g}" for star in counts.index], counts, color=plots.BLUE)
    means.hist(films["mean"], bins=40, color=plots.BLUE)
    people: Any = data.people["age"].value_counts().sort_index()
    ages.bar([str(age) for age in people.index], people, color=plots.BLUE)
    ages.tick_params(axis="x", labelsize=6, rotation=90 if len(people) > 10 else 0)
    known.plot(np.sort(films["ratings"])[::-1], color=plots.BLUE)
    known.set_yscale("log")
    plots.label(stars, "ratings", "stars", "ratings")
    plots.label(means, "films by their mean", "mean", "films")
    plots.label(ages, "people by age", "age", "people")
    plots.label(known, "how well films are known", "film, best known first", "ratings")
    return figure
