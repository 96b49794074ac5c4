"""What an executor is given, what it tells, and what it has to be able to do."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from kdorch.errors import ExecutionError


@dataclass(frozen=True)
class Job:
    """One piece of work, wholly described by JSON, so that it can run in any process on any machine.

    Attributes:
        id: Unique among the jobs an executor holds.
        entry: ``"package.module:function"``; called as ``function(spec, report)``, where ``report``
            takes a dict. It returns a dict. Both dicts hold JSON only.
        spec: What the function is to do; JSON only, data by digest or path.
        timeout: Seconds from ``started``; past it the worker is killed and the job is ``lost``.
        threads: Of torch; None for the worker's own number.
    """

    id: str
    entry: str
    spec: dict[str, Any]
    timeout: float | None = None
    threads: int | None = None

    def validate(self) -> None:
        """Raise an `ExecutionError` if the job could not run in another process."""
        module, _, function = self.entry.partition(":")
        if not module or not function:
            raise ExecutionError(
                f"job {self.id!r}: entry {self.entry!r} is not of the form 'package.module:function'."
            )
        if module == "__main__":
            raise ExecutionError(
                f"job {self.id!r}: entry {self.entry!r} is in the running script, which workers never "
                "import. Move the function to a module of its own."
            )
        try:
            json.dumps(self.spec)
        except (TypeError, ValueError) as error:
            raise ExecutionError(
                f"job {self.id!r}: its spec cannot travel to a worker, because it is not JSON: {error}. "
                "Use dicts, lists, strings, numbers, booleans and None; name data by digest or path."
            ) from error


@dataclass(frozen=True)
class Event:
    """Something that happened to a job; every job ends with exactly one of done, error and lost.

    Attributes:
        job: The job as it was submitted.
        kind: What happened.
        data: started: ``{"pid"}`` of the worker. report: what the entry passed to ``report``. done: what it
            returned. error: ``{"type", "message", "traceback"}`` of the exception it raised. lost:
            ``{"reason", "limit"}``; the worker died, or was ended for a limit: ``timeout`` or ``memory``,
            empty if it was neither.
        seconds: done and error: where the job's time went, as the worker's `Stopwatch` tells.
    """

    job: Job
    kind: Literal["started", "report", "done", "error", "lost"]
    data: dict[str, Any]
    seconds: dict[str, float] = field(default_factory=dict)


class Executor(Protocol):
    """Runs jobs somewhere. Used by one thread, from `open` to `close`."""

    def open(self) -> None:
        """Start; returns at once, while workers get ready in the background."""

    def can_take(self) -> bool:
        """Whether `submit` would accept a job now."""

    def submit(self, job: Job) -> None:
        """Take a job, to start as soon as its worker is ready.

        Raises:
            ExecutionError: The job is malformed, its id is taken, or there is no room for it.
        """

    def poll(self, timeout: float) -> list[Event]:
        """Return what happened since the last call, in order.

        Args:
            timeout: Seconds to wait for a first event; an empty list is returned after them.

        Raises:
            ExecutionError: Workers cannot be started at all.
        """

    def close(self) -> None:
        """End every process, whatever it is doing. Calling it again does nothing."""
