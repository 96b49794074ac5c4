"""What a dataset generates is made once, and kept whole."""

from __future__ import annotations

from pathlib import Path

import pytest

import kdorch

KEY = {"rows": 2, "version": 1}


def test_what_was_generated_is_not_generated_again(directory: Path) -> None:
    calls = []

    def write(folder: Path) -> None:
        calls.append(folder)
        (folder / "rows.csv").write_text(f"{len(calls)}")

    first, again = (kdorch.generated("made_up", KEY, write) for _ in range(2))
    other = kdorch.generated("made_up", KEY | {"rows": 3}, write)
    assert first == again != other
    assert first.is_relative_to(directory / "made_up")
    assert [(folder / "rows.csv").read_text() for folder in (again, other)] == ["1", "2"]


def test_what_breaks_off_leaves_nothing(directory: Path) -> None:
    def write(folder: Path) -> None:
        (folder / "rows.csv").write_text("1,")
        raise kdorch.DataError("the generator failed")

    with pytest.raises(kdorch.DataError, match="the generator failed"):
        kdorch.generated("made_up", KEY, write)
    assert not list(directory.rglob("rows.csv"))


def test_without_a_place_for_it_the_setting_is_named(directory: Path) -> None:
    directory.write_text("a file where a directory should be")
    with pytest.raises(kdorch.DataError, match="let KDORCH_DATA name another directory"):
        kdorch.generated("made_up", KEY, lambda folder: None)
