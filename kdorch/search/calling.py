"""Have workers do something, and wait for it."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Any

from kdorch import disk, errors
from kdorch.errors import ExecutionError, KdorchError, StudyError
from kdorch.execution import Event, Executor, Job
from kdorch.search.record import ATTEMPTS

Wait = Callable[[float], None]


def ignore(_: object) -> None:
    """Wait, or hear, without a word."""


def call(
    executor: Executor,
    entry: str,
    spec: dict[str, Any],
    wait: Wait = ignore,
    *,
    threads: int | None = None,
    hear: Callable[[dict[str, Any]], None] = ignore,
    timeout: float | None = None,
) -> dict[str, Any]:
    """Have a worker do one thing, and wait for it; if the worker dies, another does it.

    Args:
        executor: Who has workers.
        entry: The function.
        spec: What it is to do.
        wait: Told now and then for how many seconds it has been going on.
        threads: Of torch; None for as many as a trial gets. All cores are free: nothing else runs.
        hear: Told what the function reports.
        timeout: Seconds that it may take; None for as long as it wants.

    Raises:
        KdorchError: Of the class that the worker raised, where it is one of ours.
        ExecutionError: If it took too many workers down.
    """
    [found] = call_each(executor, entry, [spec], wait, threads=threads, hear=hear, timeout=timeout)
    return found


def call_each(
    executor: Executor,
    entry: str,
    specs: Sequence[dict[str, Any]],
    wait: Wait = ignore,
    *,
    threads: int | None = None,
    hear: Callable[[dict[str, Any]], None] = ignore,
    timeout: float | None = None,
) -> list[dict[str, Any]]:
    """Have workers do one thing for each spec, as many at once as there are workers; see `call`.

    Returns:
        What each has found, in the order of the specs.

    Raises:
        KdorchError: What the first one raised that failed, once nothing runs any more.
    """
    calls = _Calls(
        [
            Job(f"{entry} {place}", entry, spec, timeout=timeout, threads=threads)
            for place, spec in enumerate(specs)
        ]
    )
    started = time.monotonic()
    while calls.are_open():
        calls.submit(executor)
        wait(time.monotonic() - started)
        for event in executor.poll(1.0):
            if event.kind == "report":
                hear(event.data)
            else:
                calls.follow(event)
    return calls.results()


class _Calls:
    """Jobs, and what has become of them."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._jobs, self._waiting = jobs, deque(jobs)
        self._running = 0
        self._lost = Counter[str]()
        self._found: dict[str, dict[str, Any]] = {}
        self._failure: KdorchError | None = None

    def are_open(self) -> bool:
        return self._running > 0 or (bool(self._waiting) and self._failure is None)

    def submit(self, executor: Executor) -> None:
        while self._waiting and self._failure is None and executor.can_take():
            executor.submit(self._waiting.popleft())
            self._running += 1

    def follow(self, event: Event) -> None:
        self._running -= event.kind != "started"
        if event.kind == "done":
            self._found[event.job.id] = event.data
        elif event.kind == "error":
            self._failure = self._failure or _raised(event)
        elif event.kind == "lost":
            self._lost[event.job.id] += 1
            count = self._lost[event.job.id]
            if count == ATTEMPTS or event.data.get("limit") == "timeout":  # what hangs would hang again
                self._failure = self._failure or _given_up(event, count)
            else:
                self._waiting.append(event.job)

    def results(self) -> list[dict[str, Any]]:
        if self._failure:
            raise self._failure
        return [self._found[job.id] for job in self._jobs]


def _raised(event: Event) -> KdorchError:
    """Return a worker's error, of its own class where that is one of ours and takes a sentence."""
    kind, message = event.data["type"], event.data["message"]
    try:
        disk.acquit(message)
    except KdorchError as error:
        return error
    known = getattr(errors, kind, None)
    if isinstance(known, type) and issubclass(known, KdorchError) and known is not StudyError:
        return known(message)
    return KdorchError(f"{kind}: {message}")


def _given_up(event: Event, count: int) -> KdorchError:
    times = f"{count} times" if count > 1 else "once"
    reason = event.data["reason"]
    return ExecutionError(f"{event.job.entry} was lost {times}: {reason}. Run the study again.")
