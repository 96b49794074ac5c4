"""A thread that writes results down while trials are asked for and placed."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Any, Self, TypeVar

from kdorch.stopwatch import part, stopwatch

ROOM = 16  # things that may wait: whoever is quicker waits
_LOOK = 0.5  # seconds after which whoever waits sees whether waiting is of use
_WAITING = "writer"  # the part of whoever gives or waits

T = TypeVar("T")


def _never() -> bool:
    return False


class Writer:
    """Writes one thing after the other, in the order they were given; use it as a context manager.

    Things of a kind that have come in the meantime are written at once, as databases and disks are asked far
    less often then.

    Once one has failed, none of the others is done, and whoever gives or waits next gets the error. Ctrl-C
    reaches the main thread only, and so cuts nothing in half here: leaving does what is still to be done.

    Args:
        stuck: Whether nothing gets done, for as long as nobody knows. Then more things may wait.
        hurry: Called when somebody leaves because of an error: whatever is stuck shall fail at once.
    """

    def __init__(self, stuck: Callable[[], bool] = _never, hurry: Callable[[], object] = _never) -> None:
        self._stuck, self._hurry = stuck, hurry
        self._thread = ThreadPoolExecutor(1, "writer", initializer=stopwatch.restart)
        self._things: deque[tuple[Callable[[Sequence[Any]], None], Any]] = deque()  # in nobody's hands yet
        self._pending: deque[Future[None]] = deque()
        self._error: BaseException | None = None
        self.spent: dict[str, float] = {}  # seconds by parts, known in the end

    def __enter__(self) -> Self:
        return self

    @part(_WAITING)
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._hurry()
        self.spent = self._thread.submit(stopwatch.read).result()
        self._thread.shutdown()
        if error is None:
            self.flush()

    @part(_WAITING)
    def put(self, write: Callable[[Sequence[T]], None], thing: T) -> Future[None]:
        """Have a thing written soon, and wait where too many are.

        Args:
            write: Writes things of this kind; those that follow one another are given to it together.
            thing: What is written.

        Returns:
            What tells whether it has been.
        """
        self._take(ROOM - 1, unless=self._stuck)
        self._things.append((write, thing))
        self._pending.append(self._thread.submit(self._write))
        return self._pending[-1]

    @part(_WAITING)
    def flush(self) -> None:
        """Wait until everything is done."""
        self._take(0, unless=_never)

    @part(_WAITING)
    def settle(self, seconds: float = math.inf) -> bool:
        """Wait until everything is done; False if nothing gets done, or not within so many seconds."""
        end = time.monotonic() + seconds
        return self._take(0, lambda: self._stuck() or time.monotonic() >= end, min(seconds, _LOOK))

    def _take(self, most: int, unless: Callable[[], bool], look: float = _LOOK) -> bool:
        """Wait until no more than so many things are left."""
        while self._pending and (self._pending[0].done() or len(self._pending) > most):
            if self._pending[0].done():
                self._pending.popleft().result()
            elif unless():
                return False
            else:
                wait([self._pending[0]], look)
        return True

    def _write(self) -> None:
        """Write the next thing and those of its kind behind it, whose own turns may find nothing to do."""
        if self._error:
            raise self._error  # nobody may take what is left for written
        if not self._things:
            return
        write, thing = self._things.popleft()
        things = [thing]
        while self._things and self._things[0][0] == write:
            things.append(self._things.popleft()[1])
        try:
            write(things)
        except BaseException as error:
            self._error = error
            raise
