"""A table with labels for what stands in one of its columns, as datasets of plugins read it."""

from __future__ import annotations

import pytest

import kdorch


@pytest.fixture
def table(tmp_path):
    file = tmp_path / "notes.csv"
    rows = [f"note {number},{'ab'[number % 2]},{number // 4},{number}" for number in range(12)]
    file.write_text("\n".join(["text,kind,who,key", *rows, "no label,,9,99", ",a,9,100"]) + "\n")
    return file


def test_cells_are_texts_and_labels_are_encoded(table):
    found = kdorch.Table(table, ("kind",), division={"group": "who", "id": "key"})
    assert found.complaints(text="text") == {}
    cells, columns = found.read("text")
    assert cells.tolist() == [*(f"note {number}" for number in range(12)), "no label", None]
    assert columns.task == kdorch.Classification(labels=("a", "b"))
    assert columns.inputs.tolist() == list(range(14))
    assert columns.targets.tolist() == [*([0, 1] * 6), 0, 0]
    assert columns.labelled.tolist() == [*[True] * 12, False, True]
    assert columns.rows.tolist() == [*range(12), 99, 100]
    assert columns.groups.tolist() == [0] * 4 + [1] * 4 + [2] * 4 + [3] * 2


@pytest.mark.parametrize(
    ("targets", "division", "told"),
    [
        (("knd",), {}, {"target": "has no column 'knd'. Did you mean 'kind'"}),
        (("text",), {}, {"target": "column 'text' is the text already"}),
        (("kind", "who"), {}, {"task": "a classification has one target"}),
        (("kind",), {"split": "part"}, {"split": "has no column 'part'"}),
        (("kind",), {"group": "who", "time": "key"}, {"time": "rows are divided by group already"}),
    ],
)
def test_what_the_header_tells_to_be_wrong_is_told_by_field(table, targets, division, told):
    found = kdorch.Table(table, targets, division=division).complaints(text="text")
    assert found.keys() == told.keys()
    assert all(words in found[field] for field, words in told.items())


def test_what_is_no_table_is_refused(tmp_path):
    (tmp_path / "array.npz").touch()
    assert "is none of .csv" in kdorch.Table(tmp_path / "array.npz", ("kind",)).complaints()["path"]
    assert "there is no" in kdorch.Table(tmp_path / "none.csv", ("kind",)).complaints()["path"]
