"""What a running study shows: a live line on a terminal, plain lines where output is piped."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar

from kdorch.search.observer import Observer
from kdorch.study import Study

_LINES = 4  # lines per phase where there is no terminal


class Progress(Observer):
    """Shows trials done, rate, time left, the best so far and the size of the front."""

    def __init__(self, study: Study) -> None:
        self._objectives = list(study.objectives.items())
        self._front: list[list[float]] = []
        self._best: float | None = None
        self._tasks: dict[str, TaskID] = {}
        self._live = sys.stdout.isatty()
        self._bar = Bar(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=Console(),
            disable=not self._live,
        )

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Leave the terminal as it was."""
        self._bar.stop()

    def say(self, text: str) -> None:
        """Print a line above the live one."""
        if self._live:
            self._bar.console.print(text, highlight=False, markup=False)
        else:
            click.echo(text)

    def recall(self, metrics: Mapping[str, float]) -> None:
        """Let earlier trials count in what is best so far."""
        self._remember(metrics)

    def progress(self, phase: str, done: int, total: int, metrics: Mapping[str, float]) -> None:
        """Move the live line on, or print one now and then."""
        if phase == "search":
            self._remember(metrics)
        note = self._note() if phase == "search" else ""
        if self._live:
            self._move(phase, done, total, note)
        elif done == total or done % max(1, total // _LINES) == 0:
            click.echo(f"{phase:12} {done:>4}/{total}  {note}".rstrip())

    def _move(self, phase: str, done: int, total: int, note: str) -> None:
        if phase not in self._tasks:
            self._tasks[phase] = self._bar.add_task(phase, total=total, completed=done - 1, note="", rate="")
        task = self._tasks[phase]
        speed = self._bar.tasks[task].speed
        self._bar.update(task, completed=done, total=total, note=note, rate=f"{speed:.1f}/s" if speed else "")

    def _remember(self, metrics: Mapping[str, float]) -> None:
        """Keep the front: costs, all to be minimised, that nothing seen so far dominates."""
        signs = [-1 if direction == "max" else 1 for _, direction in self._objectives]
        new = [sign * metrics[metric] for sign, (metric, _) in zip(signs, self._objectives, strict=True)]
        if any(_covers(old, new) for old in self._front):
            return
        self._front = [*(old for old in self._front if not _covers(new, old)), new]
        self._best = signs[0] * min(point[0] for point in self._front)

    def _note(self) -> str:
        if self._best is None:
            return ""
        return f"best {self._objectives[0][0]} {self._best:.4f}, front {len(self._front)}"


def _covers(one: list[float], other: list[float]) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True))
