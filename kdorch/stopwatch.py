"""Where the time of a process goes, so that every moment belongs to one part and all parts add up.

A part that begins within another one stops the other's time until it ends. Each thread has a time of its own.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

OTHER = "other"


class Stopwatch(threading.local):
    """Tells time by parts; what no part claims is ``other``."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forget everything, and begin anew now."""
        self._spent: defaultdict[str, float] = defaultdict(float)
        self._part, self._since = OTHER, perf_counter()

    def read(self) -> dict[str, float]:
        """Return the seconds of each part since the beginning."""
        self._change(self._part)
        return dict(self._spent)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Put the time of a block, or of a function that this decorates, down to a part."""
        outer = self._change(name)
        try:
            yield
        finally:
            self._change(outer)

    def _change(self, name: str) -> str:
        now, before = perf_counter(), self._part
        self._spent[before] += now - self._since
        self._part, self._since = name, now
        return before


stopwatch = Stopwatch()
part = stopwatch.part
