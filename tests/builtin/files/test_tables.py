"""Tables as users have them become numbers, labels and divisions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import kdorch
from kdorch.builtin.files import reading
from kdorch.builtin.files.dataset import Files

WRITERS: dict[str, Callable[[pd.DataFrame, Path], Any]] = {
    ".csv": lambda table, file: table.to_csv(file, index=False),
    ".tsv": lambda table, file: table.to_csv(file, index=False, sep="\t"),
    ".parquet": lambda table, file: table.to_parquet(file),
}


def saved(table: pd.DataFrame, folder: Path, suffix: str = ".csv") -> Path:
    file = folder / f"data{suffix}"
    WRITERS[suffix](table, file)
    return file


@pytest.mark.parametrize("suffix", WRITERS)
def test_every_form_of_a_table_gives_the_same(suffix: str, people: pd.DataFrame, tmp_path: Path) -> None:
    found = Files(path=saved(people, tmp_path, suffix), target="label").load()
    assert found.inputs.dtype == np.float64
    np.testing.assert_array_equal(found.inputs[:, 0], people["age"])
    np.testing.assert_array_equal(found.inputs[:, 1], [2, 1, np.nan, 0, 2, 1, 2, 0, 1, 2, 0, 2])
    np.testing.assert_array_equal(found.inputs[:, 2], people["member"])
    assert found.legend == (
        {"name": "age", "type": "number"},
        {"name": "city", "type": "category", "categories": ["Lima", "Oslo", "Rome"]},
        {"name": "member", "type": "category", "categories": ["False", "True"]},
    )
    assert found.task == kdorch.Classification(labels=("no", "yes"))
    assert found.labelled is not None
    assert np.flatnonzero(~found.labelled).tolist() == [8]
    assert found.targets[found.labelled].tolist() == [1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0]


def test_rows_read_in_chunks_are_the_same_rows(
    people: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people["when"] = [f"2026-01-{day:02}" for day in range(1, 13)]
    files = Files(path=saved(people, tmp_path), target="label", time="when")
    whole = files.load()
    monkeypatch.setattr(reading, "CHUNK", 5)
    parts = files.load()
    assert isinstance(parts.inputs, np.memmap)  # in a file, however many there are
    for name, column in vars(whole).items():
        np.testing.assert_array_equal(getattr(parts, name), column)


def test_a_column_is_what_all_its_cells_are_not_those_of_a_chunk(
    csv: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "CHUNK", 3)
    file = csv("size,y", *[f"{row},{row % 2}" for row in range(8)], "unknown,1")
    with pytest.raises(kdorch.DataError, match="size: holds 8 numbers, but 'unknown' in row 9"):
        Files(path=file, target="y").load()
    found = Files(path=file, target="y", categories=["size"]).load()
    assert found.legend[0]["categories"] == [*map(str, range(8)), "unknown"]


def test_numbers_in_categories_keep_the_order_of_numbers(csv: Callable[..., Path]) -> None:
    file = csv("floor,y", *[f"{floor},{floor % 2}" for floor in (10, 9, 2, 10, 9, 2, 2, 9)])
    found = Files(path=file, target="y", categories=["floor"]).load()
    assert found.legend[0]["categories"] == ["2", "9", "10"]
    assert found.inputs[:, 0].tolist() == [2, 1, 0, 2, 1, 0, 0, 1]


def test_whole_numbers_of_a_parquet_with_gaps_stay_whole(tmp_path: Path) -> None:
    table = pa.table({"x": range(8), "y": pa.array([1, 2, None, 1, 2, 1, 2, 1], pa.int32())})
    pq.write_table(table, tmp_path / "data.parquet")  # pandas would leave a note of its types in it
    found = Files(path=tmp_path / "data.parquet", target="y").load()
    assert found.task == kdorch.Classification(labels=("1", "2"))
    assert found.labelled is not None
    assert found.labelled.tolist() == [True, True, False, True, True, True, True, True]


def test_classes_come_in_natural_order(csv: Callable[..., Path]) -> None:
    file = csv("x,y", *[f"{row},{(10, 9, 2)[row % 3]}" for row in range(12)])
    assert Files(path=file, target="y").load().task == kdorch.Classification(labels=("2", "9", "10"))


def test_numbers_to_predict(csv: Callable[..., Path]) -> None:
    file = csv("a,price,tax", "1,2.5,1", "2,,2", "3,4.5,3", "4,0.5,4")
    found = Files(path=file, target="price", task="regression").load()
    assert (found.task, found.targets.shape) == (kdorch.Regression(labels=("price",)), (4, 1))
    assert found.labelled is not None
    assert found.labelled.tolist() == [True, False, True, True]
    assert [column["name"] for column in found.legend] == ["a", "tax"]
    both = Files(path=file, target=["price", "tax"], task="regression").load()
    assert both.task == kdorch.Regression(labels=("price", "tax"))
    assert both.targets[0].tolist() == [2.5, 1.0]


def test_several_labels(csv: Callable[..., Path]) -> None:
    file = csv("a,red,round", "1,1,yes", "2,0,No", "3,1,TRUE", "4,,false")
    found = Files(path=file, target=["red", "round"], task="multilabel").load()
    assert found.task == kdorch.Multilabel(labels=("red", "round"))
    assert found.targets.tolist() == [[1, 1], [0, 0], [1, 1], [0, 0]]
    assert found.labelled is not None
    assert found.labelled.tolist() == [True, True, True, False]


def test_only_the_features_that_are_asked_for(people: pd.DataFrame, tmp_path: Path) -> None:
    file = saved(people, tmp_path)
    names = [each["name"] for each in Files(path=file, target="label", ignore=["city"]).load().legend]
    assert names == ["age", "member"]
    names = [each["name"] for each in Files(path=file, target="label", features=["member"]).load().legend]
    assert names == ["member"]


def test_a_ready_made_split_by_its_usual_names(csv: Callable[..., Path]) -> None:
    file = csv("x,y,part", "1,a,train", "2,b,Val", "3,a,valid", "4,b,validation", "5,a,TEST", "6,b,train")
    found = Files(path=file, target="y", split="part").load()
    assert found.parts is not None
    assert found.parts.tolist() == ["train", "validation", "validation", "validation", "test", "train"]
    assert found.inputs.shape == (6, 1)


def test_groups_and_times(csv: Callable[..., Path]) -> None:
    file = csv(
        "x,y,who,when",
        "1,a,Bo,2026-02-01",
        "2,b,Al,2025-12-31T23:59",
        "3,a,Bo,2026-01-01",
        "4,b,Cy,2027-01-01",
    )
    grouped = Files(path=file, target="y", group="who", ignore=["when"]).load()
    assert grouped.groups is not None
    assert grouped.groups.tolist() == [1, 0, 1, 2]
    timed = Files(path=file, target="y", time="when", ignore=["who"]).load()
    assert timed.times is not None
    assert np.argsort(timed.times).tolist() == [1, 2, 0, 3]


def test_ids(csv: Callable[..., Path]) -> None:
    lines = [f"{row},{'ab'[row % 2]},{70 + row},n{row}" for row in range(8)]
    file = csv("x,y,number,word", *lines)
    numbered = Files(path=file, target="y", id="number", ignore=["word"]).load()
    assert numbered.rows is not None
    assert numbered.rows.tolist() == list(range(70, 78))
    named = [Files(path=file, target="y", id="word", ignore=["number"]).load().rows for _ in range(2)]
    assert named[0] is not None
    assert named[0].dtype == np.int64
    assert len(set(named[0].tolist())) == 8
    np.testing.assert_array_equal(*named)  # the same in every process: it is no hash of Python's
    assert named[0].min() >= 0


def test_another_content_is_another_key_wherever_the_file_lies(
    csv: Callable[..., Path], tmp_path: Path
) -> None:
    lines = [f"{row},{'ab'[row % 2]}" for row in range(8)]
    (tmp_path / "moved").mkdir()
    one, same = csv("x,y", *lines), csv("x,y", *lines, name="moved/other.csv")
    assert Files(path=one, target="y").store_key() == Files(path=same, target="y").store_key()
    other = csv("x,y", *lines, "9,a", name="moved/other.csv")
    assert Files(path=one, target="y").store_key() != Files(path=other, target="y").store_key()
