"""NumPy's own files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kdorch
from kdorch.builtin.files.dataset import Files

X, Y = np.arange(24.0).reshape(12, 2), np.arange(12) % 3


def npz(folder: Path, **arrays: Any) -> Path:
    np.savez(folder / "data.npz", **arrays)
    return folder / "data.npz"


@pytest.mark.parametrize(("inputs", "targets"), [("x", "y"), ("inputs", "targets"), ("images", "labels")])
def test_usual_names_need_no_mention(inputs: str, targets: str, tmp_path: Path) -> None:
    found = Files(path=npz(tmp_path, **{inputs: X, targets: Y, "more": Y})).load()
    np.testing.assert_array_equal(found.inputs, X)
    np.testing.assert_array_equal(found.targets, Y)
    assert found.task == kdorch.Classification(labels=("0", "1", "2"))
    assert (found.legend, found.labelled) == ((), None)


def test_other_names_are_given(tmp_path: Path) -> None:
    file = npz(tmp_path, a=X, b=Y, part=np.array(["train", "val", "test"] * 4), number=Y + 3 * np.arange(12))
    found = Files(path=file, features=["a"], target="b", split="part", id="number").load()
    assert found.parts is not None
    assert found.parts[:3].tolist() == ["train", "validation", "test"]
    assert found.rows is not None
    assert found.rows[1] == 4


def test_words_numbers_and_several_labels(tmp_path: Path) -> None:
    words = Files(path=npz(tmp_path, x=X, y=np.array(["b", "a", ""] * 4))).load()
    assert words.task == kdorch.Classification(labels=("a", "b"))
    assert words.labelled is not None
    assert words.labelled.tolist() == [True, True, False] * 4
    numbers = Files(path=npz(tmp_path, x=X, y=np.where(Y == 2, np.nan, Y / 2)), task="regression").load()
    assert numbers.labelled is not None
    assert numbers.labelled.tolist() == [True, True, False] * 4
    several = Files(path=npz(tmp_path, x=X, y=np.eye(3)[Y]), task="multilabel").load()
    assert several.task == kdorch.Multilabel(labels=("y 0", "y 1", "y 2"))
    np.testing.assert_array_equal(several.targets, np.eye(3)[Y])


def test_dates_are_no_numbers(tmp_path: Path) -> None:
    days = np.array(["2026-01-02", "2026-01-01", "NaT"] * 4, "M8[s]")
    found = Files(path=npz(tmp_path, x=X, y=days)).load()
    assert found.task == kdorch.Classification(labels=("2026-01-01", "2026-01-02"))
    assert found.targets[:2].tolist() == [1, 0]
    with pytest.raises(kdorch.DataError, match="2026-01-02"):
        Files(path=npz(tmp_path, x=X, y=days), task="regression").load()


def test_npy_stays_on_the_disk(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    files = Files(path=tmp_path / "x.npy", labels=tmp_path / "y.npy")
    found = files.load()
    assert isinstance(found.inputs, np.memmap)
    np.testing.assert_array_equal(found.targets, Y)
    before = files.store_key()
    np.save(tmp_path / "y.npy", Y[::-1])
    assert files.store_key() != before


@pytest.mark.parametrize(
    ("arrays", "fields", "told"),
    [
        (
            {"a": X, "b": Y},
            {},
            "data.path: {} holds a, b; which is which? Write features: [NAME] for the inputs and target: NAME for the labels.",
        ),
        ({"x": X, "y": Y}, {"target": "z"}, "data.target: {} has no array 'z'. Known: x, y."),
        ({"x": X, "y": Y[:9]}, {}, "{}, 'y': there are 12 inputs, but 9 labels."),
        ({"x": Y, "y": Y}, {}, "{}, 'y': inputs have shape (12,); (rows, columns) or more is wanted."),
        (
            {"x": X, "y": np.eye(3)[Y]},
            {},
            "{}, 'y' has 3 columns, but a row has one class. For several labels write task: multilabel.",
        ),
        (
            {"x": X, "y": Y},
            {"size": [8, 8]},
            "data.size: is not for an .npz file, as {} is one. Remove it.",
        ),
    ],
)
def test_mistakes(arrays: Any, fields: Any, told: str, tmp_path: Path) -> None:
    file = npz(tmp_path, **arrays)
    with pytest.raises(kdorch.DataError) as refused:
        Files(path=file, **fields).load()
    assert str(refused.value) == told.format(file)


def test_python_objects_are_not_loaded(tmp_path: Path) -> None:
    file = npz(tmp_path, x=X, y=np.array([{}] * 12, dtype=object))
    with pytest.raises(
        kdorch.DataError, match="array 'y' cannot be read: ValueError: Object arrays cannot be loaded"
    ):
        Files(path=file).load()


def test_records_are_no_numbers(tmp_path: Path) -> None:
    cells = np.zeros(12, "V4")
    with pytest.raises(kdorch.DataError, match=r"array 'y' cannot be read: .*its cells are of type"):
        Files(path=npz(tmp_path, x=X, y=cells)).load()
    np.save(tmp_path / "y.npy", cells)
    np.save(tmp_path / "x.npy", X)
    with pytest.raises(kdorch.DataError, match=r"y.npy holds no NumPy array of numbers or text: .*V4"):
        Files(path=tmp_path / "x.npy", labels=tmp_path / "y.npy").load()


def test_what_is_no_array(tmp_path: Path) -> None:
    for name in ("x.npy", "x.npz"):
        (tmp_path / name).write_text("x,y")
    npy = Files(path=tmp_path / "x.npy")
    assert (
        npy.complaints()["labels"] == f"is missing: which .npy file has the labels of {tmp_path / 'x.npy'}?"
    )
    with pytest.raises(kdorch.DataError, match=r"x.npy holds no NumPy array "):
        Files(path=tmp_path / "x.npy", labels=tmp_path / "x.npy").load()
    assert "x.npz holds no NumPy arrays" in Files(path=tmp_path / "x.npz").complaints()["path"]
