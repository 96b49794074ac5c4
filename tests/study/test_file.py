"""Files as users write them: YAML 1.2, wrong files, and ``--set``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kdorch import StudyError
from kdorch.study.file import read

Write = Callable[[str], Path]


def value(write: Write, text: str) -> Any:
    return read(write(f"key: {text}")).tree["key"]


def refusal(path: Path, *overrides: str) -> str:
    with pytest.raises(StudyError) as error:
        read(path, overrides)
    return str(error.value)


# ---------------------------------------------------------------- YAML 1.2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1e-4", 1e-4),
        ("1E3", 1000.0),
        (".5", 0.5),
        ("3", 3),
        ("0x1F", 31),
        ("010", 10),
        ("on", "on"),
        ("yes", "yes"),
        ("NO", "NO"),
        ("true", True),
        ("12:30:45", "12:30:45"),
        ("2024-01-01", "2024-01-01"),
        ("~", None),
        ("'1e-4'", "1e-4"),
        ("[1, 2.5, {a: on}]", [1, 2.5, {"a": "on"}]),
        ("&anchor true", True),
        ("&anchor 1.50", 1.5),
        ("!!str 3", "3"),
        ("!mine thing", "thing"),
        ("!!set {a, b}", ["a", "b"]),
        ("{[a, 1.50]: b}", {"['a', 1.5]": "b"}),
        ("{? {a: 0x1F} : b}", {"{'a': 31}": "b"}),
    ],
)
def test_values_are_plain_and_of_their_yaml_type(write: Write, text: str, expected: object) -> None:
    found = value(write, text)
    assert (found, type(found)) == (expected, type(expected))


def test_anchors_and_merged_keys(write: Write) -> None:
    source = read(write("base: &base {width: 3}\nstudent:\n  <<: *base\n  depth: 1\n"))
    assert source.tree["student"] == {"width": 3, "depth": 1}
    assert (source.line("student.depth"), source.line("student.width")) == (4, 2)


# ---------------------------------------------------------------- wrong files


def test_a_missing_file_is_told_beside_its_neighbours(write: Write) -> None:
    file = write("name: x")
    assert "the file: does not exist. Did you mean 'study.yaml'?" in refusal(file.with_name("studi.yaml"))
    assert "the file: does not exist. Known: study.yaml." in refusal(file.with_name("other"))
    assert refusal(file.parent / "none" / "study.yaml").endswith("the file: does not exist.")


def test_a_directory_is_told_with_the_studies_in_it(write: Write) -> None:
    folder = write("name: x").parent
    assert refusal(folder).endswith("the file: is a directory. Studies in it: study.yaml.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "the file: is empty. Start with name:, data:,"),
        ("# only a comment\n", "the file: is empty."),
        ("- a\n- b\n", "the file: should be a mapping of keys, not a list."),
        ("hello", "the file: should be a mapping of keys, not 'hello'."),
        ("name: a\ndata: [1\nseed: 3", "the file (line 2): has a [ that is never closed. Close it with ]."),
        ("name: a\n\tdata: b", "the file (line 2): is indented with a tab."),
        ("name: a: b", "the file (line 1): has a colon where no key can be."),
        ("name: 'a", "the file (line 1): has a quote that is never closed."),
        ("name: a\nseed: 1\nname: b\n", "the file (line 3): has the key 'name' twice. Keep one."),
        ("name: a\n---\nname: b\n", "the file (line 2): has a second document. One file holds one study"),
        ("name: a\0", "the file (line 1): has the invisible character U+0000. Remove it."),
    ],
)
def test_wrong_text_is_explained_with_its_line(write: Write, text: str, expected: str) -> None:
    assert expected in refusal(write(text))


def test_a_binary_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "model.pt").write_bytes(b"PK\x03\x04\xff\xfe")
    assert "the file (line 1): is not text in UTF-8 (invalid start byte). Save it as UTF-8." in refusal(
        tmp_path / "model.pt"
    )


def test_what_the_system_refuses_is_told(tmp_path: Path) -> None:
    assert refusal(tmp_path / ("x" * 300)).endswith("the file: cannot be read: File name too long.")


# ---------------------------------------------------------------- lines


def test_lines_of_nested_keys_dotted_keys_and_options(write: Write) -> None:
    source = read(
        write(
            "train:\n  lr: 1\nstudent:\n  any:\n    - {use: mlp}\n    - use: cnn\n      width: 3\n"
            "tune:\n  train.lr: auto\n  train.lr.x: auto\nmeasures:\n  - {use: a}\n  - {use: b}\n1: a\n"
        )
    )
    lines = {
        "train.lr": 2,
        "student.any.cnn": 6,
        "student.any.cnn.width": 7,
        "student.any.cnn.depth": 6,
        "tune.train.lr": 9,
        "tune.train.lr.x": 10,
        "measures.1.use": 13,
        "1": 14,
        "train.epochs": 1,
        "nothing": None,
    }
    assert {path: source.line(path) for path in lines} == lines


def test_what_has_no_line_has_that_of_the_key_above(write: Write) -> None:
    source = read(write("name: a\nplugins: !!pairs [a: 1, a: 2]\n"))
    assert source.line("plugins.1") == 2


def test_what_was_set_has_no_line(write: Write) -> None:
    source = read(write("train:\n  lr: 1\n  epochs: 1\n"), ["train.lr=x"])
    assert (source.line("train.lr"), source.line("train.epochs")) == (None, 3)


# ---------------------------------------------------------------- --set

TREE = """\
train: {epochs: 5}
student: {any: [{use: mlp}, {use: cnn, width: 8}]}
losses: {kd: {any: {soft: {use: hinton}, hard: {use: task}}}}
tune:
  train.lr: auto
objectives: {val/accuracy: max}
empty:
"""


@pytest.mark.parametrize(
    ("assignment", "place", "expected"),
    [
        ("train.epochs=7", ["train"], {"epochs": 7}),
        ("train.lr=1e-4", ["train"], {"epochs": 5, "lr": 1e-4}),
        ("train.lr=", ["train"], {"epochs": 5, "lr": None}),
        ("name=on", ["name"], "on"),
        ("name=a=b", ["name"], "a=b"),
        ("search.trials=3", ["search"], {"trials": 3}),
        ("empty.key=3", ["empty"], {"key": 3}),
        ("train={epochs: 1, lr: 1e-3}", ["train"], {"epochs": 1, "lr": 1e-3}),
        ("student.cnn.width=3", ["student", "any", 1], {"use": "cnn", "width": 3}),
        ("student.any.cnn.width=3", ["student", "any", 1], {"use": "cnn", "width": 3}),
        ("student.any.0.width=3", ["student", "any", 0], {"use": "mlp", "width": 3}),
        ("losses.kd.soft.weight=3", ["losses", "kd", "any", "soft"], {"use": "hinton", "weight": 3}),
        ("tune.train.lr={low: 1, high: 2}", ["tune"], {"train.lr": {"low": 1, "high": 2}}),
        ("tune.student.mlp.width=auto", ["tune"], {"train.lr": "auto", "student.mlp.width": "auto"}),
        ("objectives.val/accuracy=min", ["objectives"], {"val/accuracy": "min"}),
        ("limits.size/params=100", ["limits"], {"size/params": 100}),
    ],
)
def test_assignments(write: Write, assignment: str, place: list[Any], expected: object) -> None:
    found: Any = read(write(TREE), [assignment]).tree
    for key in place:
        found = found[key]
    assert found == expected


def test_later_assignments_win(write: Write) -> None:
    assert read(write(TREE), ["train.epochs=1", "train.epochs=2"]).tree["train"] == {"epochs": 2}


def test_all_wrong_assignments_are_told_at_once(write: Write) -> None:
    wrong = ["train.epochs", "=3", "train..lr=3", "train.epochs.x=3", "student.any.2.width=1", "name=[1"]
    assert refusal(write(TREE), *wrong, "student.any.cnn=1").splitlines() == [
        "--set has 7 problems:",
        "  'train.epochs': write path=value, as in train.epochs=5.",
        "  '=3': write path=value, as in train.epochs=5.",
        "  'train..lr=3': write path=value, as in train.epochs=5.",
        "  train.epochs.x: train.epochs is 5, which holds no keys.",
        "  student.any.2.width: student.any has no '2'.",
        "  the value of name: has a [ that is never closed. Close it with ].",
        "  student.any.cnn: student.any is a list, which holds no keys.",
    ]
