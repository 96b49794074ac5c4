"""What a running study shows in a notebook: the lines of the command line, and a live one below them.

Plain text, updated in place: every front end shows that, a saved notebook keeps it, and it needs no widgets.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from kdorch.choosing.running import Running
from kdorch.search.observer import Observer
from kdorch.study import Study

_BAR = 30  # characters
_PAUSE = 0.1  # seconds between pictures: a page cannot draw every one of a thousand short trainings


def observer_for(study: Study) -> Observer:
    """Return who shows a study where nobody else was asked to: a notebook's page, or nobody."""
    return NotebookProgress(study, _page()) if _in_notebook() else Observer()


def _in_notebook() -> bool:
    """Whether this is a kernel with a page; IPython on a terminal is not."""
    ipython = sys.modules.get("IPython")  # a kernel has imported it
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None


def _page() -> Callable[[str], None]:
    """Return what shows a text on the page of the running cell, in place of the last one."""
    from IPython.display import display

    handle: Any = None

    def show(text: str) -> None:
        nonlocal handle
        bundle = {"text/plain": text}
        if handle is None:
            handle = display(bundle, raw=True, display_id=True)
        else:
            handle.update(bundle, raw=True)

    return show


class NotebookProgress(Observer):
    """Shows all that was said, and below it how far the search is.

    Args:
        study: What runs.
        show: Shows a text in place of the last one.
    """

    def __init__(self, study: Study, show: Callable[[str], None]) -> None:
        self._show = show
        self._lines: list[str] = []
        self._running = Running(study.objectives)
        self._phase, self._begun, self._known = "", 0.0, 0
        self._drawn = 0.0

    def say(self, text: str) -> None:
        """Keep a line; it tells of the end of what the live one told of."""
        self._lines.append(text)
        self._draw("")

    def wait(self, what: str, seconds: float) -> None:
        """Show that something goes on."""
        self._draw(f"{what:8} getting ready… {seconds:.0f} s")

    def recall(self, metrics: Mapping[str, float] | None) -> None:
        """Let earlier trials count in what is best so far."""
        self._running.add(metrics)

    def progress(self, phase: str, done: int, total: int, metrics: Mapping[str, float] | None) -> None:
        """Move the live line on."""
        if phase == "search":
            self._running.add(metrics)
        if phase != self._phase:
            self._phase, self._begun, self._known = phase, time.monotonic(), done
        if done < total and time.monotonic() - self._drawn < _PAUSE:
            return
        note = str(self._running) if phase == "search" else ""
        bar = "━" * round(_BAR * done / total)
        self._draw(f"{phase:12} {bar:─<{_BAR}} {done:>4}/{total} {self._left(done, total)}  {note}".rstrip())

    def _left(self, done: int, total: int) -> str:
        """Say how long it will take, at the pace of this session."""
        if done == self._known or done >= total:
            return ""
        pace = (time.monotonic() - self._begun) / (done - self._known)
        return f" {pace * (total - done):.0f} s left"

    def _draw(self, live: str) -> None:
        self._drawn = time.monotonic()
        self._show("\n".join([*self._lines, *filter(None, [live])]))
