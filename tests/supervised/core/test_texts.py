"""Texts as words and numbers, by hand."""

import zipfile

import keras
import numpy as np

from supervised.core import texts


def test_words_by_hand():
    found = texts.words(
        ["Win £1,000 NOW!!", "don't   <br/>go\tÉCOLE", "a &lt;b&gt; &amp;lt; 5&quot;", "  "]
    )
    assert found == [
        ["win", "£", "0", ",", "000", "now", "!", "!"],
        ["don't", "go", "école"],
        ["a", "<", "b", ">", "&", "lt", ";", "0", '"'],
        [],
    ]


def test_chinese_and_japanese_characters_are_words_and_korean_ones_are_not():
    assert texts.words(["今日は good안녕 여러분😀"]) == [
        ["今", "日", "は", "good안녕", "여러분", "😀"]
    ]


def test_what_is_cleaned_stays_as_it_is():
    found = texts.cleaned(["Win £1,000 &amp;amp; <b>NOW</b>!!", " 日本 ", ""])
    assert found.tolist() == ["win £ 0 , 000 & amp ; now ! !", "日 本", ""]
    assert texts.cleaned(found).tolist() == found.tolist()
    assert texts.cleaned([]).tolist() == []


def test_the_vocabulary_is_of_the_commonest_words_that_occur_often_enough():
    vectorizer = texts.vectorizer(["b a b", "a b c", "d a"], length=4, fewest=1, most=3)
    assert vectorizer.get_vocabulary() == ["", "[UNK]", "a", "b", "c"]
    numbers = texts.numbers(vectorizer, ["C b", "d a a a a", ""])
    assert numbers.tolist() == [[4, 3, 0, 0], [1, 2, 2, 2], [0, 0, 0, 0]]
    assert numbers.dtype == np.int32
    often = texts.vectorizer(["b a b", "a b c", "d a"], length=4, fewest=2, most=3)
    assert often.get_vocabulary() == ["", "[UNK]", "a", "b"]
    assert texts.vectorizer([""], length=2, fewest=1, most=9).vocabulary_size() == 3


def test_a_saved_model_takes_texts_and_needs_nothing_else(tmp_path):
    vectorizer = texts.vectorizer(["a b", "b c"], length=3, fewest=1, most=9)
    core = keras.Sequential([keras.layers.Input((3,), dtype="int32"), keras.layers.Rescaling(2.0)])
    model = texts.export(vectorizer, core)
    model.save(tmp_path / "model.keras")
    assert b"actorlab" not in zipfile.ZipFile(tmp_path / "model.keras").read("config.json")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    given = texts.cleaned(["A c!", "b"])
    expected = [[6.0, 8.0, 2.0], [4.0, 0.0, 0.0]]
    assert np.asarray(loaded.predict(given, verbose=0)).tolist() == expected
