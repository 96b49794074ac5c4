"""A table of soft labels, joined by row id."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

import kdorch
from kdorch.builtin.teachers import Predictions


@pytest.fixture
def table():
    """Good probabilities of 40 rows, ten too many, in no order."""
    values = np.random.default_rng(0).dirichlet([1, 1, 1], 40)
    return (
        pd.DataFrame(values, columns=["a", "b", "c"])
        .assign(row=range(95, 135))
        .sample(frac=1, random_state=0)
    )


def written(table, path):
    writers = {".csv": "to_csv", ".tsv": "to_csv", ".parquet": "to_parquet"}
    if path.suffix == ".npz":
        np.savez(path, row=table["row"], said=table[["a", "b", "c"]].to_numpy())
    else:
        extra = {"sep": "\t"} if path.suffix == ".tsv" else {}
        getattr(table, writers[path.suffix])(path, index=False, **extra)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".npz"])
def test_every_row_gets_the_answer_with_its_id(suffix, table, tmp_path, room):
    lessons = room()
    teacher = Predictions(path=written(table, tmp_path / f"said{suffix}"))
    assert not teacher.complaints()
    answer = teacher.build(lessons.task, teacher.fit(lessons))
    rows = torch.tensor([129, 100, 117])
    said = answer(kdorch.Batch(torch.zeros(3, 4), torch.zeros(3), rows)).logits.softmax(-1)
    expected = table.set_index("row").loc[rows.tolist(), ["a", "b", "c"]]
    np.testing.assert_allclose(said, expected, atol=1e-6)
    assert lessons.notes == [f"30 of 40 predictions of said{suffix}"]


def test_columns_and_ids_may_have_other_names(table, tmp_path, room):
    other = table.rename(columns={"a": "p1", "b": "p2", "c": "p3", "row": "key"}).assign(text="hello")
    lessons = room()
    teacher = Predictions(path=written(other, tmp_path / "said.csv"), id="key", columns=("p3", "p1", "p2"))
    logits = teacher.fit(lessons)["logits"]
    expected = table.set_index("row").loc[100, ["c", "a", "b"]]
    np.testing.assert_allclose(logits[0].softmax(-1), expected, atol=1e-6)


def test_numbers_of_a_regression_are_in_the_units_of_the_dataset(tmp_path, room):
    path = tmp_path / "said.csv"
    pd.DataFrame({"row": range(100, 130), "z": 120.0}).to_csv(path, index=False)
    assert Predictions(path=path).fit(room("regression"))["logits"].unique().tolist() == [2.0]


WRONG = {
    "missing": (
        lambda t: t[~t["row"].isin([100, 105, 118, 119, 129])],
        r"5 of 30 rows have no prediction in said.csv \(2 train, 2 validation, 1 test\), the first is row 100\.",
    ),
    "duplicated": (lambda t: pd.concat([t, t.head(3)]), r"3 rows of said.csv repeat an id, the first is \d+"),
    "no id": (
        lambda t: t.rename(columns={"row": "rows"}),
        r"no column 'row' of row ids. Did you mean 'rows'\?",
    ),
    "unknown": (lambda t: t.rename(columns={"b": "bb"}), r"no column for 'b'. Did you mean 'bb'\?"),
    "one more": (
        lambda t: t.assign(d=0.0),
        r"column 'd' of said.csv is none of the outputs.*columns: \[\.\.\.\]",
    ),
    "logits": (lambda t: t.assign(a=7.0), r"30 of 30 rows do not sum to 1 .*are they logits\?"),
    "negative": (lambda t: t.assign(a=-0.5), "30 of 30 rows hold a negative probability"),
    "nan": (
        lambda t: t.assign(a=t["a"].where(t["row"] != 112)),
        "1 of 30 rows hold NaN or infinity. .* row 112",
    ),
    "words": (lambda t: t.assign(a="much"), "said.csv holds what is no number: .*'much'"),
    "huge": (lambda t: t.assign(a=str(10**400)), "said.csv holds what is no number: .*too large"),
    "ids": (lambda t: t.assign(row=t["row"].where(t["row"] != 112)), "column 'row'"),
}


@pytest.mark.parametrize(("spoil", "told"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_counted_and_told(spoil, told, table, tmp_path, room):
    path = tmp_path / "said.csv"
    spoil(table).to_csv(path, index=False)
    with pytest.raises(kdorch.DataError, match=told):
        Predictions(path=path).fit(room())


def test_too_few_columns_are_refused(table, tmp_path, room):
    path = written(table, tmp_path / "said.csv")
    with pytest.raises(kdorch.DataError, match=r"teacher.columns: 2 columns for 3 outputs: a, b, c"):
        Predictions(path=path, columns=("a", "b")).fit(room())


def test_a_check_tells_of_files_that_are_none(tmp_path):
    (tmp_path / "said.txt").write_text("hello")
    assert "none of .csv, .tsv" in Predictions(path=tmp_path / "said.txt").complaints()["path"]
    assert "there is no file" in Predictions(path=tmp_path / "none.csv").complaints()["path"]
    (tmp_path / "said.npz").write_text("hello")
    with pytest.raises(kdorch.DataError, match=r"said.npz cannot be read"):
        Predictions(path=tmp_path / "said.npz").fit(None)  # type: ignore[arg-type]


def test_ids_that_are_words_are_those_of_a_table_of_files(tmp_path, room):
    from kdorch.builtin.files.division import rows
    from kdorch.builtin.teachers.tables import read

    words = pd.Series([f"case {number}" for number in range(5)])
    pd.DataFrame({"row": words, "a": 0.5}).to_csv(tmp_path / "said.csv", index=False)
    assert read(tmp_path / "said.csv", "row").ids.tolist() == rows(words, "").tolist()


def test_columns_named_by_numbers_are_classes_and_no_positions(table, tmp_path, room):
    lessons = room()
    lessons.task = kdorch.Classification(labels=("0", "2", "1"))
    numbered = table.rename(columns={"a": "0", "b": "1", "c": "2"})
    logits = Predictions(path=written(numbered, tmp_path / "said.csv")).fit(lessons)["logits"]
    expected = numbered.set_index("row").loc[100, ["0", "2", "1"]]
    np.testing.assert_allclose(logits[0].softmax(-1), expected, atol=1e-6)


def test_two_spellings_of_a_number_are_one_id(table, tmp_path, room):
    again = table.astype({"row": str}).replace({"row": {"134": "0100"}})
    with pytest.raises(kdorch.DataError, match=r"the id '(0100|100)' stands in row \d+ and again in row \d+"):
        Predictions(path=written(again, tmp_path / "said.csv")).fit(room())
