"""A user's ratings in any layout: which column is which, what is left out, and MovieLens' own."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from supervised.core.job import InputError
from supervised.datasets.source import DataError
from supervised.own import rating_columns, rating_files
from supervised.own.configs import RatingsConfig


def _read(tmp_path: Path, text: str, name: str = "own.csv", **settings) -> rating_files.OwnRatings:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return rating_files.read(RatingsConfig(csv=path, **settings))


def _rows(data: rating_files.OwnRatings) -> list[tuple]:
    return [tuple(row) for row in data.frame(np.arange(len(data))).to_numpy().tolist()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "userId,movieId,rating,timestamp\n1,31,2.5,1260759144\n7,10,4.0,1260759179\n",
            [(1, 31, 2.5), (7, 10, 4.0)],
        ),
        ("1::31::3::978300760\n7::10::4::978300761\n", [(1, 31, 3), (7, 10, 4)]),
        ("1\t31\t3\t978300760\n7\t10\t4\t978300761\n", [(1, 31, 3), (7, 10, 4)]),
        ("1::31::30\n7::10::100\n", [(1, 31, 30), (7, 10, 100)]),
        (
            "asin;overall;reviewerID\n0001;5,5;Ünal\n0002;1,0;A B\n",
            [("Ünal", "0001", 5.5), ("A B", "0002", 1)],
        ),
        ("Book,Stars,User\nb1,1,u1\nb2,2,u2\n", [("u1", "b1", 1), ("u2", "b2", 2)]),
    ],
    ids=["csv", "colons", "tabs", "large scale", "semicolons", "names"],
)
def test_columns_are_found_in_every_layout(tmp_path, text, expected):
    assert _rows(_read(tmp_path, text)) == expected


def test_columns_can_be_named_by_name_or_number(tmp_path):
    text = "a,b,c,d\n1,x,5,10\n2,y,3,20\n"
    data = _read(tmp_path, text, user="a", item="2", rating="c", time="d")
    assert _rows(data) == [(1, "x", 5), (2, "y", 3)]
    assert data.times.tolist() == [10, 20]
    assert data.timed
    for settings, said in (
        ({}, r"which column has the people\? --user COLUMN; there are the columns 'a', 'b'"),
        ({"user": "A", "item": "b"}, "--user 'A': no such column"),
        ({"user": "a", "item": "a", "rating": "c"}, "--user and --item are the same column, 'a'"),
        ({"user": "a", "item": "b"}, "which column has the ratings"),
    ):
        with pytest.raises(DataError, match=said):
            _read(tmp_path, text, **settings)


def test_what_cannot_be_used_is_left_out_and_counted(tmp_path):
    text = (
        "user,item,rating,time\nu,i,1,30\nu,i,2,20\nu,j,five,10\n,j,3,10\nv,,3,10\nv,j,4,10\n"
        "v,i,NaN,10\n"
    )
    data = _read(tmp_path, text)
    assert _rows(data) == [("u", "i", 1), ("v", "j", 4)]  # of u and i the later one, by its time
    assert data.note == (
        "left out: 2 lines without a person or an item; 2 lines whose rating is no number; "
        "1 lines that a later one of the same pair replaces"
    )


def test_times_may_be_dates_and_those_that_are_none_are_not_used(tmp_path):
    rows = "u,i,1,2024-01-02\nv,j,2,2024-01-01\n"
    data = _read(tmp_path, f"user,item,rating,date\n{rows}")
    assert np.diff(data.times).tolist() == [-86_400]
    odd = f"user,item,rating,date\n{rows}v,i,2,yesterday\n"
    data = _read(tmp_path, odd)
    assert not data.timed
    assert "not a time in all lines: not used" in data.words[0]
    with pytest.raises(DataError, match="--time date: 1 rows have no date and no number there"):
        _read(tmp_path, odd.replace("yesterday", ""), time="date")


def test_choices_need_no_ratings_and_counts_of_0_are_none(tmp_path):
    data = _read(tmp_path, "user,artist,plays\nu,a,12\nu,b,0\nv,b,1\n", implicit=True)
    assert _rows(data) == [("u", "a", 1), ("v", "b", 1)]
    assert data.note == "left out: 1 lines with a count of 0 or less"
    assert _rows(_read(tmp_path, "user,item\nu,a\nv,b\n", implicit=True))[0] == ("u", "a", 1)
    with pytest.raises(DataError, match="for counts, such as 'plays': --implicit"):
        _read(tmp_path, "user,artist,plays\nu,a,12\nv,b,1\n")
    with pytest.raises(DataError, match="if each line says what somebody chose: --implicit"):
        _read(tmp_path, "user,item\nu,a\nv,b\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("user,item,rating\n", "has no rows"),
        ("user,item,rating\nu,i,5\nv,j,5\n", "all ratings are 5: .* --implicit"),
        ("user,item,rating\nu,i,5\nu,j,4\n", "of 2 items by 1 people: expected two people"),
        ("user,item,rating\nu,i,good\nv,j,bad\n", "all of its 2 lines are lines whose rating"),
    ],
    ids=["empty", "no rows", "one rating", "one person", "no numbers"],
)
def test_a_file_with_nothing_to_learn_is_refused(tmp_path, text, said):
    with pytest.raises(DataError, match=said):
        _read(tmp_path, text)
    with pytest.raises(InputError, match="--csv is missing"):
        rating_files.check(RatingsConfig())
    with pytest.raises(DataError, match="is a folder; expected a file of ratings"):
        rating_files.check(RatingsConfig(csv=tmp_path))
    with pytest.raises(DataError, match="no such file"):
        rating_files.check(RatingsConfig(csv=tmp_path / "none.csv"))


def test_titles_are_beside_movielens_in_its_archive_or_in_a_file_of_their_own(tmp_path):
    (tmp_path / "movies.dat").write_text("31::Heat (1995)::Action\n10::Jumanji (1995)::Comedy\n")
    text = "1::31::3::978300760\n7::10::4::978300761\n"
    data = _read(tmp_path, text, "part.dat")
    assert data.item == "movie"
    assert data.films["title"].tolist() == ["Jumanji (1995)", "Heat (1995)"]
    assert data.films["genres"].tolist() == ["Comedy", "Action"]
    archive = tmp_path / "ml.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("ml/ratings.csv", "userId,movieId,rating,timestamp\n1,31,0.5,9\n2,5,4,8\n")
        packed.writestr("ml/movies.csv", 'movieId,title,genres\n31,"Heat, The (1995)",Action\n')
    data = rating_files.read(RatingsConfig(csv=archive))
    assert data.films["title"].tolist() == ["film 5", "Heat, The (1995)"]
    assert data.ratings.tolist() == [0.5, 4]
    shop = tmp_path / "products.csv"
    shop.write_text("sku,name\na,Äpfel\n")
    data = _read(tmp_path, "user,sku,stars\nu,a,1\nv,b,2\n", titles=shop)
    assert data.films["title"].tolist() == ["Äpfel", ""]
    shop.write_text("x,y\na,b\na,c\n")
    with pytest.raises(DataError, match="expected a column 'sku' and one named title"):
        rating_columns.titles(shop, "sku")
    data = _read(tmp_path, "user,item,title,rating\nu,1,One,1\nv,2,Two,2\n")
    assert data.films["title"].tolist() == ["One", "Two"]


def test_ratings_of_other_columns_beside_films_are_not_taken_for_movielens(tmp_path):
    (tmp_path / "movies.csv").write_text("movieId,title,genres\n5,Heat,Action\n")
    data = _read(tmp_path, "movieId,userId,rating\n5,70,3\n6,80,4\n", "ratings.csv")
    assert _rows(data) == [(70, 5, 3), (80, 6, 4)]


@pytest.mark.parametrize(
    ("ratings", "expected"),
    [([1, 2, 3, 4, 5], 4), ([0.5, 3.5, 4.0, 5], 4), (range(1, 11), 8), ([0, 1], 1), ([-1, 1], 1)],
    ids=["stars", "half stars", "ten", "votes", "thumbs"],
)
def test_who_likes_what_is_three_quarters_up_the_scale(ratings, expected):
    assert rating_files.liked(RatingsConfig(), np.array([*ratings], np.float32)) == expected
    assert rating_files.liked(RatingsConfig(liked=2.0), np.array([1, 5])) == 2
    with pytest.raises(InputError, match="--liked 9: ratings go from 1 to 5 here"):
        rating_files.liked(RatingsConfig(liked=9.0), np.array([1, 5]))
