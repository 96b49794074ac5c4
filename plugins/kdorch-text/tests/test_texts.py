"""A user's own texts: the contract, what is mended and told, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from kdorch_text.data.repairing import repaired
from kdorch_text.data.texts import Texts
from kdorch_text.rows import decode

import kdorch
from kdorch.testing import DatasetContract

ROWS = [
    (f"a {'good' if number % 2 else 'bad'} film about {number}", "yes" if number % 2 else "no")
    for number in range(60)
]


def written(folder: Path, rows: list[tuple[object, object]] = ROWS, name: str = "reviews.csv") -> Path:
    file = folder / name
    frame = pd.DataFrame(rows, columns=["review", "liked"])
    frame.to_parquet(file) if file.suffix == ".parquet" else frame.to_csv(file, index=False)
    return file


def texts(file: Path, **fields: object) -> Texts:
    return Texts(
        **{"path": file, "text": "review", "target": "liked", "vocabulary": 50, "length": 8} | fields
    )


@pytest.fixture(scope="module")
def reviews(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("texts"))


class TestTexts(DatasetContract):
    @pytest.fixture(autouse=True)
    def _file(self, reviews: Path) -> None:
        type(self).dataset = texts(reviews)


@pytest.mark.parametrize("name", ["reviews.csv", "reviews.tsv", "reviews.parquet"])
def test_texts_and_labels_are_those_of_the_file(tmp_path: Path, name: str) -> None:
    file = written(tmp_path, name=name)
    if name.endswith("tsv"):
        pd.DataFrame(ROWS, columns=["review", "liked"]).to_csv(file, index=False, sep="\t")
    found = texts(file).load()
    assert decode(found.inputs) == [text for text, _ in ROWS]
    assert [found.task.labels[label] for label in found.targets] == [label for _, label in ROWS]
    assert not found.notes


def test_a_row_without_a_label_is_kept_and_one_without_a_text_is_not(tmp_path: Path) -> None:
    rows = [*ROWS, ("no label here", None), (None, "yes"), ("  ", "no")]
    found = texts(written(tmp_path, rows)).load()
    assert decode(found.inputs)[-1] == "no label here"
    assert found.labelled is not None
    assert np.flatnonzero(~found.labelled).tolist() == [60]
    assert found.notes == ("2 texts are empty: these rows are left out.",)
    assert len(found.ids) == len(found.targets) == 61


def test_copies_are_counted_apart_from_empty_texts() -> None:
    """As they are after they were cut; the first one stays, with its label and its id."""
    task = kdorch.Classification(labels=("no", "yes"))
    columns = kdorch.Columns(np.arange(6), np.array([0, 1, 0, 1, 0, 1]), task, rows=np.arange(10, 16))
    found = repaired(["", "same text", "", "same tea", "same", "other"], columns, limit=7, once=True)
    assert decode(found.inputs) == ["same te", "same", "other"]
    assert (found.targets.tolist(), found.ids.tolist()) == ([1, 0, 1], [11, 14, 15])
    assert found.notes == (
        "1 text is cut after 7 bytes: the rest is not seen.",
        "2 texts are empty: these rows are left out.",
        "1 text is copied from an earlier row: these rows are left out.",
    )


def test_texts_with_more_words_than_are_read_are_counted(tmp_path: Path, tiny: Path) -> None:
    """A text of 8 words has at least 10 pieces, with the two that begin and end it."""
    file = written(
        tmp_path, [*ROWS, ("eight words are as many as are read", "yes"), ("and one, or more, is not!", "no")]
    )
    assert texts(file, length=8).load().notes == ("1 text has more than 8 words: the rest is not seen.",)
    [note] = texts(file, length=8, tokenizer=tiny).load().notes
    assert note == "at least 2 texts have more than 8 word pieces: the rest is not seen."


def test_a_file_without_texts_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(kdorch.DataError, match="no row has a text"):
        texts(written(tmp_path, [(None, label) for _, label in ROWS])).load()


def test_columns_say_how_rows_are_divided(tmp_path: Path) -> None:
    frame = pd.DataFrame(ROWS, columns=["review", "liked"])
    frame["part"], frame["key"] = ["train", "val", "test"] * 20, range(100, 160)
    frame.to_csv(tmp_path / "parts.csv", index=False)
    found = texts(tmp_path / "parts.csv", split="part", id="key").load()
    assert found.parts[:3].tolist() == ["train", "validation", "test"]
    assert found.ids.tolist() == list(range(100, 160))


def test_numbers_are_a_regression(tmp_path: Path) -> None:
    file = written(tmp_path, [(text, number / 7) for number, (text, _) in enumerate(ROWS)])
    found = texts(file, task="regression").load()
    assert texts(file, task="regression").task_name() == found.task.name == "regression"
    assert found.targets[:, 0] == pytest.approx(np.arange(60) / 7)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"text": "reviw"}, {"text": r"has no column 'reviw'. Did you mean 'review'"}),
        ({"target": "like"}, {"target": r"has no column 'like'. Did you mean 'liked'"}),
        ({"target": "review"}, {"target": "column 'review' is the text already"}),
        ({"target": ["liked", "review"]}, {"target": "already", "task": "has one target"}),
        ({"split": "nowhere"}, {"split": "has no column 'nowhere'"}),
        ({"path": Path("no/such.csv")}, {"path": "there is no"}),
        ({"tokenizer": Path("no/such")}, {"tokenizer": "there is no folder"}),
    ],
)
def test_what_is_wrong_is_told_by_field_before_anything_is_read(
    tmp_path: Path, fields: dict[str, object], told: dict[str, str]
) -> None:
    import re

    found = texts(written(tmp_path), **fields).complaints()
    assert found.keys() == told.keys()
    assert all(re.search(words, found[field]) for field, words in told.items())
    with pytest.raises(kdorch.DataError, match=f"data.{next(iter(told))}: "):
        texts(written(tmp_path), **fields).load()
