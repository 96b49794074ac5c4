"""What a running study shows: a live line on a terminal, plain lines where output is piped."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import click
from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Column

from kdorch.choosing.running import Running
from kdorch.cli import voice
from kdorch.search.home import Home
from kdorch.search.observer import Observer
from kdorch.study import Study

_LINES = 4  # lines per phase where there is no terminal
_LONG = 5.0  # seconds of silence after which a pipe is told that something goes on
_WIDE = 100  # columns from which there is room for all there is to tell


class Progress(Observer):
    """Shows trials done, time left, the best so far and the size of the front.

    Args:
        study: What runs.
        home: Where.
        aside: Leave the standard output to the result.
    """

    def __init__(self, study: Study, home: Path, *, aside: bool = False) -> None:
        self._running = Running(study.objectives)
        self._aside, self._started = aside, time.monotonic()
        self._live = (sys.stderr if aside else sys.stdout).isatty() and not voice.is_quiet()
        console = Console(stderr=aside)
        self._wide = console.width >= _WIDE
        self._bar = Bar(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24 if self._wide else 10),
            TextColumn("{task.fields[count]}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[pace]}"),
            # What is left of the line, so that the others stay whole on a narrow terminal.
            TextColumn("{task.fields[note]}", table_column=Column(ratio=1, no_wrap=True)),
            console=console,
            disable=not self._live,
            expand=True,
            transient=True,  # all that is worth keeping is said in a line
        )
        self._phase, self._told = "", ""
        if voice.is_verbose():
            self.say(f"logs     {Home(home).study(study.name).logs}")

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
        if any(task.total is None for task in self._bar.tasks):
            self._clear()  # what was waited for has come
        if voice.is_quiet():
            return
        if voice.is_verbose():
            text = f"{time.monotonic() - self._started:7.1f} s  {text}"
        if self._live:
            self._bar.console.print(text, highlight=False, markup=False)
        else:
            click.echo(text, err=self._aside)

    def wait(self, what: str, seconds: float) -> None:
        """Show that something goes on; a pipe is told once, if it takes long."""
        if self._live:
            self._show(what, None, note="getting ready…")
        elif seconds >= _LONG and self._told != what:
            self.say(f"{what:8} getting ready…")
            self._told = what

    def recall(self, metrics: Mapping[str, float] | None) -> None:
        """Let earlier trials count in what is best so far."""
        self._running.add(metrics)

    def progress(self, phase: str, done: int, total: int, metrics: Mapping[str, float] | None) -> None:
        """Move the live line on, or print one now and then."""
        if phase == "search":
            self._running.add(metrics)
        note = str(self._running) if phase == "search" else ""
        if self._live:
            self._move(phase, done, total, note)
        elif done == total or done % max(1, total // _LINES) == 0:
            self.say(f"{phase:12} {done:>4}/{total}  {note}".rstrip())

    def _move(self, phase: str, done: int, total: int, note: str) -> None:
        self._show(phase, total, done=done - 1)
        [task] = self._bar.tasks
        self._bar.update(task.id, completed=done, total=total, count=f"{done}/{total}", note=note)
        rate = f"{task.speed:.1f}/s" if task.speed and self._wide else ""
        left = "" if task.time_remaining is None else f"{task.time_remaining:.0f} s left"
        self._bar.update(task.id, pace=" ".join(filter(None, (rate, left))))
        if done == total:  # the line may be gone before it would be drawn again
            self._bar.refresh()

    def _show(self, phase: str, total: int | None, *, done: int = 0, note: str = "") -> None:
        """Have one live line: this phase's."""
        if phase != self._phase:
            self._clear()
            self._phase = phase
            count = f"{done}/{total}" if total else ""
            self._bar.add_task(phase, total=total, completed=done, count=count, pace="", note=note)

    def _clear(self) -> None:
        self._phase = ""
        for task in self._bar.task_ids:
            self._bar.remove_task(task)
        self._bar.refresh()  # else its last picture stays until the next one
