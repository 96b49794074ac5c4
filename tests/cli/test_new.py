"""``kdorch study new``: what it says of data, and studies that need no other line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from kdorch import Study

ROWS = [f"{row},{'ab'[row % 2]},{'abc'[row % 3]},Name {row},{row / 4},{row % 2}" for row in range(40)]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "my data.csv"
    file.write_text("\n".join(["id,color,kind,name,amount,flag", *ROWS, "40,,c,Name 40,,1"]) + "\n")
    return file


def test_what_it_prints(table: Path, kdorch: Callable[..., Any]) -> None:
    answer = kdorch("study", "new", "my data.csv", "--target", "kind")
    assert (answer.code, answer.errors) == (0, "")
    lines = [line.split() for line in answer.output.splitlines()]
    assert answer.output.startswith("my data.csv: 41 rows\n")
    assert lines[1:8] == [
        ["column", "type", "different", "missing", "used", "as"],
        ["id", "number", "41", "0", "id"],
        ["color", "category", "2", "1", "feature"],
        ["kind", "category", "3", "0", "target"],
        ["name", "text", "41", "0", "ignore"],
        ["amount", "number", "40", "1", "feature"],
        ["flag", "number", "2", "0", "feature"],
    ]
    assert answer.output.splitlines()[8:] == [
        "Task: classification. To predict: kind.",
        "Classes: a: 14, c: 14, b: 13",
        "Left out: name (nearly every text is different).",
        "Wrote my-data.yaml.",
        "Next: kdorch study check my-data.yaml",
    ]
    assert len(Study.load("my-data.yaml").tune) == 3


@pytest.mark.parametrize(
    ("words", "data", "metrics", "kd"),
    [
        (["--target", "color"], {"task": "classification", "target": "color"}, "val/accuracy", "hinton"),
        (["--target", "amount"], {"task": "regression", "target": "amount"}, "val/r2", "logit_mse"),
        ([], {"task": "classification", "target": "flag"}, "val/accuracy", "hinton"),  # the last column
    ],
)
def test_the_task_is_seen_from_the_target(
    words: list[str], data: Any, metrics: str, kd: str, table: Path, kdorch: Callable[..., Any]
) -> None:
    kdorch("study", "new", str(table), *words, "--name", "mine")
    study = Study.load("mine.yaml")
    fields = study.tree()["data"]
    assert {key: fields[key] for key in data} == data
    assert (fields["id"], fields["ignore"]) == ("id", ["name"])
    assert next(iter(study.objectives)) == metrics
    assert study.tree()["losses"]["kd"]["use"] == kd
    columns = study.data.load()
    assert columns.task.name == data["task"]


def test_several_targets(tmp_path: Path, kdorch: Callable[..., Any]) -> None:
    (tmp_path / "d.csv").write_text(
        "x,a,b,c\n" + "".join(f"{row},{row % 2},1,{row / 3}\n" for row in range(9))
    )
    told = kdorch("study", "new", "d.csv", "--target", "a", "--target", "b").output
    assert "Task: multilabel. To predict: a, b.\n" in told
    assert Study.load("d.yaml").tree()["data"]["task"] == "multilabel"
    kdorch("study", "new", "d.csv", "--target", "a", "--target", "c", "--output", "e.yaml")
    assert Study.load("e.yaml").tree()["data"]["task"] == "regression"


@pytest.mark.parametrize(
    ("header", "guess"), [("y,label,z", "label"), ("a,Class,y", "Class"), ("a,b,c", "c")]
)
def test_the_target_is_guessed_and_the_reason_told(
    header: str, guess: str, tmp_path: Path, kdorch: Callable[..., Any]
) -> None:
    (tmp_path / "d.csv").write_text(
        f"{header}\n" + "".join(f"{row % 2},{row % 2},{row % 2}\n" for row in range(9))
    )
    told = kdorch("study", "new", "d.csv").output
    reason = "the last column" if guess == "c" else "taken for its name"
    assert f"Task: classification. To predict: {guess} ({reason}; --target chooses another)." in told
    assert "9 rows, 7 of them the same as another" in told
    assert Study.load("d.yaml").tree()["data"]["target"] == guess


def test_rows_that_differ_in_their_id_alone_are_the_same(tmp_path: Path, kdorch: Callable[..., Any]) -> None:
    (tmp_path / "d.csv").write_text("id,x,y\n" + "".join(f"{row},{row % 2},{row % 2}\n" for row in range(9)))
    assert "d.csv: 9 rows, 7 of them the same as another\n" in kdorch("study", "new", "d.csv").output


def test_skewed_classes_are_balanced_and_compared_by_f1(tmp_path: Path, kdorch: Callable[..., Any]) -> None:
    (tmp_path / "d.csv").write_text("x,y\n" + "".join(f"{row},{int(row > 34)}\n" for row in range(40)))
    kdorch("study", "new", "d.csv")
    tree = Study.load("d.yaml").tree()
    assert tree["losses"]["task"]["class_weights"] == "balanced"
    assert next(iter(tree["objectives"])) == "val/f1"


def test_columns_that_need_a_word_get_one(tmp_path: Path, kdorch: Callable[..., Any]) -> None:
    parts = ["train"] * 20 + ["val"] * 10 + ["test"] * 10
    rows = [f"{'4+' if row % 4 == 3 else row % 4},,{part},{row % 2}\n" for row, part in enumerate(parts)]
    (tmp_path / "d.csv").write_text("rooms,nothing,part,y\n" + "".join(rows))
    kdorch("study", "new", "d.csv")
    study = Study.load("d.yaml")
    fields = study.tree()["data"]
    assert (fields["categories"], fields["ignore"], fields["split"]) == (["rooms"], ["nothing"], "part")
    assert study.data.load().legend[0]["categories"] == ["0", "1", "2", "4+"]
    assert "split: {" not in Path("d.yaml").read_text()


def test_arrays_and_images(tmp_path: Path, kdorch: Callable[..., Any]) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros((30, 8, 8), np.uint8), y=np.arange(30) % 3)
    kdorch("study", "new", "a.npz")
    assert Study.load("a.yaml").tree()["student"]["use"] == "cnn"
    (tmp_path / "pics").mkdir()
    for row in range(8):
        Image.new("L", (100, 90 + row), row).save(tmp_path / "pics" / f"{row}.png")
    (tmp_path / "list.csv").write_text(
        "file,y\n" + "".join(f"pics/{row}.png,{row % 2}\n" for row in range(8))
    )
    told = kdorch("study", "new", "list.csv").output
    assert "file" in told
    fields = Study.load("list.yaml").tree()["data"]
    assert (fields["image"], fields["size"], fields["channels"]) == ("file", [64, 64], "grey")
    assert "# height, width; all are scaled to it, as they differ in size" in Path("list.yaml").read_text()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("nothing.csv", "error: there is no nothing.csv."),
        ("d.csv --target z", "error: d.csv has no column 'z'. Known: x, y."),
        ("d.csv --output d.csv", "error: d.csv is there already. Choose another file with --output."),
        ("d.csv --output deep/d.yaml", "error: there is no folder deep to write d.yaml to."),
        ("d.csv --target x", "error: d.csv, column 'x': classes with fewer rows than the 3 splits: '1' (1)"),
        ("x.npy", "error: x.npy has no labels in it."),
    ],
)
def test_mistakes_write_nothing(words: str, told: str, tmp_path: Path, kdorch: Callable[..., Any]) -> None:
    (tmp_path / "d.csv").write_text("x,y\n1,a\n2,b\n2,b\n2,a\n3,a\n3,b\n3,a\n")
    np.save(tmp_path / "x.npy", np.zeros((3, 3)))
    answer = kdorch("study", "new", *words.split())
    assert (answer.code, answer.output) == (2, "")
    assert answer.errors.startswith(told)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d.csv", "x.npy"]


def test_names_that_yaml_would_read_as_something_else(tmp_path: Path, kdorch: Callable[..., Any]) -> None:
    header = ["yes", "1.5", "a: b", "#c", 'q"r', "no"]
    rows = [",".join([*"1234", f"Text {row}", "ab"[row % 2]]) for row in range(30)]
    names = ",".join('"q""r"' if '"' in name else name for name in header)
    (tmp_path / "d.csv").write_text("\n".join([names, *rows]) + "\n")
    kdorch("study", "new", "d.csv", "--name", "true")
    fields = Study.load("true.yaml").tree()["data"]
    assert (fields["target"], fields["ignore"]) == ("no", ['q"r'])


def test_dates_are_left_out_and_may_divide_the_rows(tmp_path: Path, kdorch: Callable[..., Any]) -> None:
    days = [f"2026-01-{1 + row % 9:02},2026-02-{1 + row % 20:02} 10:30,{row},{row % 2}" for row in range(40)]
    (tmp_path / "d.csv").write_text("\n".join(["signup,seen,x,y", *days]))
    told = kdorch("study", "new", "d.csv").output
    assert told.splitlines()[2].split() == ["signup", "date", "9", "0", "ignore"]
    assert "Left out: signup, seen (dates; with time: COLUMN the newest rows become the test)." in told
    file = Path("d.yaml")
    file.write_text(file.read_text().replace("[signup, seen]", "[seen]\n  time: signup"))
    assert Study.load("d.yaml").tree()["data"]["time"] == "signup"


def test_what_only_the_owner_knows_is_offered(
    table: Path, tmp_path: Path, kdorch: Callable[..., Any]
) -> None:
    kdorch("study", "new", "my data.csv", "--target", "kind")
    file = tmp_path / "my-data.yaml"
    assert "  # categories: [COLUMN] " in file.read_text()
    filled = file.read_text().replace("# group: COLUMN  ", "group: amount  # ")
    file.write_text(filled)
    assert Study.load(file).tree()["data"]["group"] == "amount"
    np.savez("a.npz", x=np.zeros((9, 2)), y=np.arange(9) % 2)
    kdorch("study", "new", "a.npz")
    assert "COLUMN" not in Path("a.yaml").read_text()


@pytest.mark.parametrize(("rows", "baseline"), [(400, "tuned"), (20_001, "paired")])
def test_a_search_without_the_teacher_is_proposed_where_there_is_time_for_it(
    kdorch: Any, rows: int, baseline: str
) -> None:
    lines = (f"{row},{'ab'[row % 2]}" for row in range(rows))
    Path("d.csv").write_text("\n".join(["size,kind", *lines]))
    kdorch("study", "new", "d.csv", "--target", "kind")
    assert Study.load("d.yaml").confirm.baseline == baseline
