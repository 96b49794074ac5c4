"""Ctrl-C, heeded where a study waits for its workers, and nowhere else.

MLflow's database stays locked, for this process, when a write to it is cut in half.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from kdorch.execution import Event, Executor
from kdorch.search.around import Around


class Interrupts:
    """Holds Ctrl-C back; the second one goes through anywhere."""

    def __init__(self) -> None:
        self._waiting = False
        self._pending = False

    def note(self, number: int, frame: FrameType | None) -> None:
        """Handle the signal."""
        if self._waiting or self._pending:
            signal.default_int_handler(number, frame)
        self._pending = True

    def heed(self) -> None:
        """Raise the interrupt that was held back, if there was one."""
        if self._pending:
            raise KeyboardInterrupt

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Let Ctrl-C through."""
        self._waiting = True
        try:
            self.heed()
            yield
        finally:
            self._waiting = False


class Attentive(Around):
    """An executor that heeds Ctrl-C while it waits."""

    def __init__(self, executor: Executor, interrupts: Interrupts) -> None:
        super().__init__(executor)
        self._interrupts = interrupts

    def poll(self, timeout: float) -> list[Event]:
        """See ``Executor``."""
        with self._interrupts.waiting():
            return super().poll(timeout)


@contextmanager
def held_back() -> Iterator[Interrupts]:
    """Hold Ctrl-C back until a wait, or the end; where it is not ours to handle, change nothing."""
    interrupts = Interrupts()
    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not ours or threading.current_thread() is not threading.main_thread():
        yield interrupts
        return
    signal.signal(signal.SIGINT, interrupts.note)
    try:
        yield interrupts
        interrupts.heed()
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
