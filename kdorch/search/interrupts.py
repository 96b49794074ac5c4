"""Ctrl-C, heeded where a study waits for its workers, and nowhere else.

MLflow's database stays locked, for this process, when a write to it is cut in half.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from kdorch.execution import Event, Executor, Job


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


class Attentive:
    """An executor that heeds Ctrl-C while it waits."""

    def __init__(self, executor: Executor, interrupts: Interrupts) -> None:
        self._executor, self._interrupts = executor, interrupts

    def open(self) -> None:
        """See ``Executor``."""
        self._executor.open()

    def can_take(self) -> bool:
        """See ``Executor``."""
        return self._executor.can_take()

    def submit(self, job: Job) -> None:
        """See ``Executor``."""
        self._executor.submit(job)

    def poll(self, timeout: float) -> list[Event]:
        """See ``Executor``."""
        with self._interrupts.waiting():
            return self._executor.poll(timeout)

    def close(self) -> None:
        """See ``Executor``."""
        self._executor.close()


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
