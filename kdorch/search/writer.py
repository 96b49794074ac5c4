"""A thread that writes results down while trials are asked for and placed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import ParamSpec, Self

from kdorch.stopwatch import part, stopwatch

ROOM = 16  # things that may wait: whoever is quicker waits
_LOOK = 0.5  # seconds after which whoever waits sees whether waiting is of use
_WAITING = "writer"  # the part of whoever gives or waits

P = ParamSpec("P")


def _never() -> bool:
    return False


class Writer:
    """Does one thing after the other, in the order they were given; use it as a context manager.

    Once one has failed, none of the others is done, and whoever gives or waits next gets the error. Ctrl-C
    reaches the main thread only, and so cuts nothing in half here: leaving does what is still to be done.

    Args:
        stuck: Whether nothing gets done, for as long as nobody knows. Then more things may wait.
        hurry: Called when somebody leaves because of an error: whatever is stuck shall fail at once.
    """

    def __init__(self, stuck: Callable[[], bool] = _never, hurry: Callable[[], object] = _never) -> None:
        self._stuck, self._hurry = stuck, hurry
        self._thread = ThreadPoolExecutor(1, "writer", initializer=stopwatch.restart)
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
    def put(self, write: Callable[P, None], /, *args: P.args, **kwargs: P.kwargs) -> Future[None]:
        """Have a thing done soon, and wait where too many are.

        Returns:
            What tells whether it has been done.
        """
        self._take(ROOM - 1, unless=self._stuck)
        self._pending.append(self._thread.submit(self._write, write, *args, **kwargs))
        return self._pending[-1]

    @part(_WAITING)
    def flush(self) -> None:
        """Wait until everything is done."""
        self._take(0, unless=_never)

    @part(_WAITING)
    def settle(self) -> bool:
        """Wait until everything is done, or nothing gets done; False for the latter."""
        return self._take(0, unless=self._stuck)

    def _take(self, most: int, unless: Callable[[], bool]) -> bool:
        """Wait until no more than so many things are left."""
        while self._pending and (self._pending[0].done() or len(self._pending) > most):
            if self._pending[0].done():
                self._pending.popleft().result()
            elif unless():
                return False
            else:
                wait([self._pending[0]], _LOOK)
        return True

    def _write(self, write: Callable[P, None], /, *args: P.args, **kwargs: P.kwargs) -> None:
        if self._error:
            raise self._error  # nobody may take what is left for written
        try:
            write(*args, **kwargs)
        except BaseException as error:
            self._error = error
            raise
