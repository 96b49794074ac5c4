"""An executor around another one, for those who have something to add to some of what it does."""

from __future__ import annotations

from kdorch.execution import Event, Executor, Job


class Around:
    """Passes everything on."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

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
        return self._executor.poll(timeout)

    def close(self) -> None:
        """See ``Executor``."""
        self._executor.close()
