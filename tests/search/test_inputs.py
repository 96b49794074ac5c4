"""What is noted of the inputs of a training, and what is told of them later."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kdorch.search.inputs import changed, entries, keep


def test_each_set_of_inputs_is_noted_once() -> None:
    record: dict[str, Any] = {"identity": "abc"}
    first, second = keep(record, {"torch": "2.0"}), keep(record, {"torch": "2.1"})
    assert first != second == keep(record, {"torch": "2.1"})
    assert record == {"identity": "abc", "inputs": {first: {"torch": "2.0"}, second: {"torch": "2.1"}}}


def test_what_is_read_from_the_store_is_found_among_what_trainings_share() -> None:
    shared = {
        "data": "store/data/a",
        "teacher": "store/teacher/b",
        "answers": "store/teacher/c",
        "features": {"stored": "store/teacher/d"},
        "device": "cpu",
    }
    assert entries(shared) == {
        "data": Path("store/data/a"),
        "teacher": Path("store/teacher/b"),
        "answers": Path("store/teacher/c"),
        "features": Path("store/teacher/d"),
    }
    asked = {"teacher": {"use": "trained"}, "state": "store/teacher/b/state.safetensors"}
    assert entries({"data": "store/data/a", "features": asked}) == {"data": Path("store/data/a")}


def test_what_was_not_noted_is_not_compared() -> None:
    before = {"torch": "2.0", "threads": 1, "teacher": None, "features": "abc"}
    now = {"torch": "2.1", "threads": 1, "teacher": "def", "gpu": "new"}
    assert changed(before, now) == [("torch", "2.0", "2.1"), ("features", "abc", None)]
    assert changed({}, now) == []
