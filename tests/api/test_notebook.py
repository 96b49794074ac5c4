"""What a notebook shows while a study runs; tests/notebook does it in a real kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import kdorch
from kdorch.api.notebook import NotebookProgress, observer_for


@pytest.fixture
def shown() -> list[str]:
    return []


@pytest.fixture
def progress(tree: Callable[..., dict[str, Any]], shown: list[str]) -> NotebookProgress:
    return NotebookProgress(kdorch.Study(**tree()), shown.append)


def test_the_live_line_gives_way_to_what_is_said(progress: NotebookProgress, shown: list[str]) -> None:
    progress.wait("data", 2.4)
    progress.say("data     10 train")
    progress.wait("teacher", 0.0)
    assert shown == [
        "data     getting ready… 2 s",
        "data     10 train",
        "data     10 train\nteacher  getting ready… 0 s",
    ]


def test_the_search_tells_the_best_so_far_and_the_time_left(
    progress: NotebookProgress, shown: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter(range(0, 1000, 2))
    monkeypatch.setattr("kdorch.api.notebook.time.monotonic", lambda: next(now))
    progress.recall({"val/accuracy": 0.9, "size/params": 100})
    progress.progress("search", 2, 4, {"val/accuracy": 0.8, "size/params": 200})
    assert shown[-1].split() == [
        "search", "━" * 15 + "─" * 15, "2/4", "best", "val/accuracy", "0.9000,", "front", "1",
    ]  # fmt: skip
    progress.progress("search", 3, 4, {"val/accuracy": 0.95, "size/params": 200})
    assert " s left  best val/accuracy 0.9500, front 2" in shown[-1]
    progress.progress("confirmation", 1, 1, {"val/accuracy": 0.99, "size/params": 1})
    assert shown[-1].split() == ["confirmation", "━" * 30, "1/1"]


def test_a_page_is_not_drawn_for_each_of_many_short_trainings(
    progress: NotebookProgress, shown: list[str]
) -> None:
    for done in range(1, 1001):
        progress.progress("search", done, 1000, {"val/accuracy": 0.9, "size/params": 100})
    assert len(shown) < 100
    assert "1000/1000" in shown[-1]


def test_nobody_hears_in_a_script(tree: Callable[..., dict[str, Any]]) -> None:
    assert type(observer_for(kdorch.Study(**tree()))) is kdorch.Observer
