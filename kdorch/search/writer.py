"""A thread that writes results down while trials are asked for and placed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import ParamSpec, Self

from kdorch.stopwatch import part, stopwatch

ROOM = 16  # things that may wait: whoever is quicker waits, and a kill loses no more trainings than these
_WAITING = "writer"  # the part of whoever gives or waits

P = ParamSpec("P")


class Writer:
    """Does one thing after the other, in the order they were given; use it as a context manager.

    Once one has failed, none of the others is done, and whoever gives or waits next gets the error. Ctrl-C
    reaches the main thread only, and so cuts nothing in half here: leaving does what is still to be done.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "writer", initializer=stopwatch.restart)
        self._pending: deque[Future[None]] = deque()
        self._failed = False
        self.spent: dict[str, float] = {}  # seconds by parts, known in the end

    def __enter__(self) -> Self:
        return self

    @part(_WAITING)
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.spent = self._thread.submit(stopwatch.read).result()
        self._thread.shutdown()
        if error is None:
            self.flush()

    @part(_WAITING)
    def put(self, write: Callable[P, None], /, *args: P.args, **kwargs: P.kwargs) -> Future[None]:
        """Have a thing done soon, and wait where too many are.

        Returns:
            What tells whether it has been done.
        """
        while self._pending and (self._pending[0].done() or len(self._pending) >= ROOM):
            self._pending.popleft().result()
        self._pending.append(self._thread.submit(self._write, write, *args, **kwargs))
        return self._pending[-1]

    @part(_WAITING)
    def flush(self) -> None:
        """Wait until everything is done."""
        while self._pending:
            self._pending.popleft().result()

    def _write(self, write: Callable[P, None], /, *args: P.args, **kwargs: P.kwargs) -> None:
        if self._failed:
            return
        try:
            write(*args, **kwargs)
        except BaseException:
            self._failed = True
            raise
