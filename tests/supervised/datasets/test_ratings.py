"""Ratings in every published form, and what becomes of lines that are none."""

import zipfile

import numpy as np
import pytest

from supervised.datasets import film_files, movielens, ratings
from supervised.datasets.source import DataError, Source

MOVIES = "1::Toy Story (1995)::Animation|Comedy\n3::Heat (1995)::Crime\n"
USERS = "1::F::25::4::02139\n2::M::56::7::x\n"


def test_separators_may_change_from_line_to_line():
    found = ratings.parse(b"1::3::4::9\n2\t3\t5\t8\n7,1,3.5,7\n", "file")
    assert found.users.tolist() == [1, 2, 7]
    assert found.movies.tolist() == [3, 3, 1]
    assert found.values.tolist() == [4, 5, 3.5]
    assert found.times.tolist() == [9, 8, 7]
    assert found.note == ""


def test_what_is_left_out_is_counted():
    good = [f"{i}::{i}::3::0" for i in range(300)]
    lines = ["userId,movieId,rating,timestamp", *good, "8::oops", "5::9::6::0", "7::7::1::5"]
    found = ratings.parse("\n".join(lines).encode(), "file")
    assert len(found.values) == 300
    assert found.values[-1] == 1  # the later of a pair
    assert found.note == (
        "left out: 1 broken lines; 1 ratings out of range; "
        "1 ratings that a later one of the same pair replaces"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1::2::3\n" * 5, r"file: 5 of 5 are broken lines \(the first: line 1\)"),
        ("1::2::3::4::5\n" * 5, "5 of 5 are broken lines"),
        ("1::2::3::inf\n" * 5, "5 of 5 are broken lines"),
        (f"1::2::3::{10**30}\n" * 5, "5 of 5 are broken lines"),
        ("user,film,x,y\n\n" + "1::2::9::0\n" * 5, r"out of range \(the first: line 3\)"),
        ("1::2::9::0\n" * 5, "5 of 5 are ratings out of range"),
        ("", "expected USER::MOVIE::RATING::TIME"),
    ],
)
def test_a_file_of_something_else_is_named(text, said):
    with pytest.raises(DataError, match=said):
        ratings.parse(text.encode(), "file")


def test_a_part_of_the_million_with_its_films_and_people(tmp_path):
    folder = tmp_path / "ml-1m"
    folder.mkdir()
    (folder / "ratings_users_1-2999.dat").write_text("1::3::5::10\n2::1::4::11\n2::9::2::12\n")
    (folder / "movies.dat").write_bytes(MOVIES.encode() + b"5::Caf\xe9 (1990)::Drama\n")
    (folder / "users.dat").write_text(USERS)
    found = movielens.load_1m(Source(data_dir=tmp_path))
    assert found.kind == "sample"
    assert found.films["movie"].tolist() == [1, 3, 5, 9]
    assert found.films["title"].tolist()[2:] == ["Café (1990)", "film 9"]
    assert found.movies.tolist() == [1, 0, 3]
    assert found.users.tolist() == [0, 1, 1]
    assert found.people["gender"].tolist() == ["F", "M"]
    (folder / "movies.dat").write_text("1::Toy Story\n")
    with pytest.raises(DataError, match=r"movies\.dat: line 1 is '1::Toy Story', expected 3"):
        movielens.load_1m(Source(data_dir=tmp_path))


def test_the_hundred_thousand_as_published(tmp_path):
    folder = tmp_path / "ml-100k"
    folder.mkdir()
    flags = "|".join(
        "1" if genre in ("Crime", "Drama") else "0" for genre in film_files.GENRES_100K
    )
    with zipfile.ZipFile(folder / "ml-100k.zip", "w") as archive:
        archive.writestr("ml-100k/u.data", "1\t7\t5\t10\n")
        archive.writestr("ml-100k/u.item", f"7|Heat (1995)|01-Jan-1995||http://x|{flags}\n")
        archive.writestr("ml-100k/u.user", "1|24|M|technician|85711\n")
    found = movielens.load_100k(Source(data_dir=tmp_path))
    assert found.films["genres"].tolist() == ["Crime|Drama"]
    assert found.people.iloc[0].tolist() == [1, "M", 24, "technician"]


def test_generated_ratings_have_no_pair_twice():
    data = movielens.synthetic(np.random.default_rng(0))
    assert len(np.unique(data.users * 1_000 + data.movies)) == len(data) == 20_000
    assert set(data.ratings) == {1, 2, 3, 4, 5}
