"""Finds the film that a user means by its number, its name, its title or a part of that."""

import re
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from supervised.core.job import InputError

_NAMED = 5  # films that an ambiguous title is answered with
_YEAR = re.compile(r"\s*\(\d{4}\)\s*$")
_BEHIND = re.compile(r"^(.*), (the|a|an)$")
_ARTICLE = re.compile(r"^(the|a|an) ")


class FilmNames:
    """The films of a data set, by what they may be called."""

    def __init__(self, films: pd.DataFrame, item: str):
        """Takes the films.

        Args:
            films: `movie`, a number or a name, and `title`, "" where there is none.
            item: What a film is called in messages.
        """
        self._films, self._item = films, item

    def called(self, given: str) -> pd.DataFrame | None:
        """The films that are called so; None where there are none.

        A number or name comes before a whole title, that before one without year and article, and
        that before a part of one.
        """
        wanted, titles = given.strip().casefold(), self._titles
        bare = _ARTICLE.sub("", _BEHIND.sub(r"\1", wanted))
        ways = (
            lambda: titles["number"] == given.strip(),
            lambda: titles["full"] == wanted,
            lambda: titles["bare"] == bare,
            lambda: titles["full"].str.contains(wanted, regex=False),
        )
        places = (np.flatnonzero(way()) for way in ways) if wanted else ()
        return next((self._films.iloc[found] for found in places if len(found)), None)

    def one(self, given: str) -> Any:
        """The row of the one film that is called so.

        Raises:
            InputError: There is no such film, or there are several.
        """
        found = self.called(given)
        if found is None:
            raise InputError(f"{given}: no {self._item} has this number, nor this in its title")
        if len(found) > 1:
            some = "; ".join(found["title"].head(_NAMED))
            raise InputError(
                f"{given}: {len(found)} {self._item}s have this in their title: {some}"
            )
        return found.iloc[0]

    @cached_property
    def _titles(self) -> pd.DataFrame:
        """Titles in small letters, in full, and without year and article; and numbers as text."""
        full: Any = self._films["title"].astype(str).str.casefold()
        bare = full.str.replace(_YEAR, "", regex=True).str.replace(_BEHIND, r"\1", regex=True)
        return pd.DataFrame(
            {
                "number": self._films["movie"].astype(str),
                "full": full,
                "bare": bare.str.replace(_ARTICLE, "", regex=True),
            }
        )
