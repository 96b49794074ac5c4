"""What is wrong with data is said with file, column and row, and what to do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kdorch
from kdorch.builtin.files.checking import form
from kdorch.builtin.files.dataset import Files

Csv = Callable[..., Path]
ROWS = [f"{row},{'ab'[row % 2]}" for row in range(8)]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"target": "lable"}, {"target": "{} has no column 'lable'. Did you mean 'label'?"}),
        ({}, {"target": "is missing: which column of {} is to be predicted? It has size, label, word."}),
        (
            {"target": "label", "features": ["sise"]},
            {"features": "{} has no column 'sise'. Did you mean 'size'?"},
        ),
        ({"target": "label", "features": ["label"]}, {"features": "column 'label' is the target already."}),
        (
            {"target": "label", "split": "when"},
            {"split": "{} has no column 'when'. Known: label, size, word."},
        ),
        (
            {"target": ["label", "word"]},
            {
                "task": "a classification has one target. For several write task: multilabel or task: regression."
            },
        ),
        (
            {"target": "label", "ignore": ["size", "word"]},
            {"features": "no column of {} is left to learn from."},
        ),
        (
            {"target": "label", "size": [8, 8]},
            {"size": "is for images; image: says which column names them."},
        ),
        (
            {"target": "label", "group": "size", "time": "word"},
            {
                "features": "no column of {} is left to learn from.",
                "time": "rows are divided by group already. Keep one.",
            },
        ),
        ({"target": "label", "labels": "y.npy"}, {"labels": "is not for a table, as {} is one. Remove it."}),
    ],
)
def test_names_are_checked_against_the_header(fields: Any, told: dict[str, str], csv: Csv) -> None:
    file = csv("size,label,word")
    assert Files(path=file, **fields).complaints() == {
        field: text.format(file) for field, text in told.items()
    }


def test_the_check_reads_a_header_without_what_reads_rows(csv: Csv) -> None:
    code = (
        "import sys, pathlib; from kdorch.builtin.files.dataset import Files\n"
        "print(*Files(path=pathlib.Path(sys.argv[1]), target='z').complaints())\n"
        "print(*{'torch', 'pandas', 'sklearn', 'pyarrow'} & sys.modules.keys())"
    )
    command = [sys.executable, "-c", code, str(csv("x,y", *ROWS))]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["target", ""]


def test_a_missing_file_is_found_by_the_check_with_its_line(tmp_path: Path, csv: Csv) -> None:
    csv("x,y", *ROWS)
    study = tmp_path / "study.yaml"
    study.write_text(
        "name: mine\ndata:\n  use: files\n  path: date.csv\n  target: y\n"
        "teacher: {use: trained, network: {use: mlp}}\nstudent: {use: mlp}\n"
        "losses: {task: {use: task}}\nobjectives: {val/accuracy: max}\n"
    )
    with pytest.raises(kdorch.StudyError) as refused:
        kdorch.Study.load(study)
    [problem] = refused.value.problems
    assert (problem.where, problem.line) == ("data.path", 4)
    assert problem.what == f"there is no {tmp_path / 'date.csv'}. Did you mean 'data.csv'?"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([], "{} is empty."),
        (["x,,y"], "{}: column 2 has no name in the first row."),
        (["x,y,x"], "{} has 2 columns named 'x'. Rename them."),
        (["x;y"], "{} has one column, 'x;y'. A .csv file separates cells by ','."),
    ],
)
def test_what_is_no_table(lines: list[str], told: str, csv: Csv) -> None:
    file = csv(*lines)
    assert Files(path=file, target="y").complaints() == {"path": told.format(file)}


def test_other_files_are_named_with_those_that_work(csv: Csv) -> None:
    file = csv("x", name="data.xlsx")
    told = f"{file} is none of .csv, .tsv, .parquet (tables), .npz, .npy (arrays), or a folder of images."
    assert Files(path=file, target="y").complaints() == {"path": told}


def test_a_parquet_that_is_none(csv: Csv) -> None:
    file = csv("x,y", name="data.parquet")
    assert Files(path=file, target="y").complaints()["path"].startswith(f"{file} is not a parquet file: ")


@pytest.mark.parametrize(
    ("lines", "fields", "told"),
    [
        (["x,y"], {}, "{} has no rows, only the names of its columns."),
        (
            ["x,y", *ROWS, "1,a,3"],
            {},
            "{} cannot be read: Error tokenizing data. C error: Expected 2 fields in line 10, saw 3.",
        ),
        (
            ["x,y", *[f"{row},more" for row in ROWS]],
            {},
            "{}: rows have more cells than the header has names.",
        ),
        (["x,y", "1,", "2,"], {}, "{}, column 'y': no row has a label."),
        (["x,y", "1,a", "2,a"], {}, "{}, column 'y': every row is 'a'; there must be two classes or more."),
        (
            ["x,y", *ROWS, "9,rare", "9,rare"],
            {},
            "{}, column 'y': classes with fewer rows than the 3 splits: 'rare' (2). Add rows, merge the classes, or remove them.",
        ),
        (
            ["x,y", "1,0.5", "2,1.5", "3,2"],
            {},
            "{}, column 'y': 3 different numbers are no classes. To predict a number, write task: regression.",
        ),
        (
            ["x,y", "1,0.5", "2,big"],
            {"task": "regression"},
            "{}, column 'y': 'big' in row 2 is no number; the task is a regression.",
        ),
        (
            ["x,y", "1,0", "2,2"],
            {"task": "multilabel"},
            "{}, column 'y': a label is there (1) or not (0), not '2'.",
        ),
        (
            ["x,y", "1,0.0", "2,1.0", "3,maybe"],
            {"task": "multilabel"},
            "{}, column 'y': a label is there (1) or not (0), not 'maybe'.",
        ),
        (
            ["x,y", "1,a", "2,b", ",a"],
            {"missing": "refuse"},
            "{}: cells are missing in x (1). Fill them, or write missing: impute.",
        ),
        (
            ["x,y,p", "1,a,train", "2,b,tset"],
            {"split": "p"},
            "{}, column 'p': 'tset' in row 2 is no split. Write train, validation or test.",
        ),
        (
            ["x,y,g", "1,a,q", "2,b,"],
            {"group": "g"},
            "{}, column 'g': the cell of row 2 is empty; every row needs one.",
        ),
        (
            ["x,y,t", "1,a,2026-01-31", "2,b,31.1.2026"],
            {"time": "t"},
            "{}, column 't': '31.1.2026' in row 2 is no time. Write numbers, or dates as in 2026-01-31 or 2026-01-31T12:00.",
        ),
        (
            ["x,y,i", "1,a,k1", "2,b,k2", "3,a,k1"],
            {"id": "i"},
            "{}, column 'i': the id 'k1' stands in row 1 and again in row 3.",
        ),
    ],
)
def test_what_only_the_rows_tell(lines: list[str], fields: Any, told: str, csv: Csv) -> None:
    file = csv(*lines)
    with pytest.raises(kdorch.DataError) as refused:
        Files(path=file, target="y", **fields).load()
    assert str(refused.value) == told.format(file)


def test_all_columns_that_cannot_be_learnt_from_are_listed_at_once(csv: Csv) -> None:
    lines = [f"{row},Name {row},,{'ab'[row % 2]}" for row in range(30)]
    file = csv("size,name,empty,y", *lines, "large,Name 31,,a", "inf,Name 32,,b")
    with pytest.raises(kdorch.DataError) as refused:
        Files(path=file, target="y").load()
    assert str(refused.value).splitlines() == [
        f"{file} has columns that cannot be learnt from as they are:",
        (
            "  size: holds 30 numbers, but 'large' in row 31. Correct it (an empty cell is a missing one), or write "
            "categories: [size]."
        ),
        (
            "  name: 32 different texts in 32 cells are too many for categories; are they names or free text? "
            "Write ignore: [name]."
        ),
        "  empty: every cell is empty. Write ignore: [empty].",
    ]


@pytest.mark.parametrize("before", [1, 10_000])  # within and beyond what is read for the header
def test_text_in_another_encoding(before: int, tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_bytes(b"x,y\n" + b"1,a\n" * before + b"2,\xe9t\xe9\n")
    with pytest.raises(
        kdorch.DataError, match=r"data.csv is not UTF-8 text: .* at byte \d+. Save it as UTF-8."
    ):
        Files(path=file, target="y").load()


def test_rows_that_no_disk_has_room_for(tmp_path: Path) -> None:
    from kdorch.builtin.files.scratch import scratch

    with pytest.raises(kdorch.DataError, match=r"the rows need 8,000,000,000,000,000 bytes for a while"):
        scratch((10**9, 10**6), np.float64)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("digits", ""),  # not the study that says so
        ("digit", " Did you mean 'digit1'?"),
        ("away/digits.csv", " Its folder is not there either."),
    ],
)
def test_what_was_moved_is_looked_for_among_data(path: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "digits.yaml").touch()
    if path == "digit":
        (tmp_path / "digit1").mkdir()
    with pytest.raises(kdorch.DataError) as refused:
        form(tmp_path / path)
    assert str(refused.value) == f"there is no {tmp_path / path}.{told}"
