"""Results that come home, and what becomes of them.

It is written by another thread, meanwhile; until it is, a trial counts as running.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from kdorch import disk
from kdorch.execution import Event, Job
from kdorch.search.books import Books
from kdorch.search.endings import Ending, Flight, completed, failed, pruned, refused
from kdorch.search.setting import Setting
from kdorch.search.writer import Writer

READ_TEST = "kdorch.training.trial:read_test"
# Seconds of a training after which somebody may want to see that it runs: a hundred times what it costs to
# begin its run early. Of trials that share a job, each has its share of the seconds.
_LONG = 2.0
_KEYS = {"timeout": "search.deadline", "memory": "search.memory"}  # what sets the limits of a job


class Arrivals:
    """Takes in what workers say of trials on their way, until it is known what becomes of each.

    Args:
        setting: What all trainings share.
        books: Where it is written down.
        writer: Who writes.

    Attributes:
        flights: The trials on their way, by their names.
        alone: Whoever shared a job that came to grief.
        untested: Confirmed students that have to read the test rows.
        end: Moment of ``time.monotonic`` at which everything is called off.
    """

    def __init__(self, setting: Setting, books: Books, writer: Writer) -> None:
        self._setting, self._books, self._writer = setting, books, writer
        self.flights: dict[str, Flight] = {}
        self.alone: deque[str] = deque()
        self.untested: list[str] = []
        self.end = math.inf
        self._leaving: list[Future[None]] = []  # trials that are being written down
        # Who is to be done again, why, and whether it counts.
        self._lost: deque[tuple[str, str, bool]] = deque()

    def running(self) -> int:
        """Return how many trials are on their way, those included that are being written down.

        Raises:
            KdorchError: One could not be written.
        """
        written = [each for each in self._leaving if each.done()]
        self._leaving = [each for each in self._leaving if each not in written]
        for each in written:
            each.result()
        return len(self.flights) + len(self._leaving)

    def keep(self, events: Sequence[Event]) -> None:
        """Put results on disk, before anything else is made of them."""
        for event in events:
            if event.kind == "report" and "result" in event.data:
                self.flights[event.data["trial"]].parcel.keep(event.data["result"])

    def handle(self, event: Event) -> None:
        """Do what follows from an event."""
        if event.kind == "report":
            name = event.data["trial"]
            # Else another study in this home has read the test with equal weights at the same time.
            if name in self.flights or "scores" not in event.data:
                self._reported(name, self.flights[name], event)
        if event.kind == "done" and event.job.entry != READ_TEST:
            self.alone.extend(self._left(event.job))  # not begun, as others had changed the process
        elif event.kind in ("error", "lost"):
            self._grieve(event)

    def repeat_lost(self) -> None:
        """Have trials done again, as soon as nothing is being written."""
        while self._lost and self._writer.settle():  # what waits is counted in this thread only
            name, reason, counts = self._lost.popleft()
            self._books.repeat(self.flights.pop(name), reason, counts=counts)

    def show(self) -> None:
        """Have the runs begun of those that take their time."""
        now = time.monotonic()
        for flight in self.flights.values():
            if flight.due <= now:
                flight.due = math.inf
                self._writer.put(self._books.start, flight)

    def trained(self, name: str, result: dict[str, Any]) -> None:
        """Write down what came of a training, unless the test rows are to be read first."""
        flight = self.flights[name]
        flight.result = result
        if "infeasible" in result:
            self._end(name, refused(flight, self._setting))
        elif "pruned" in result:
            self._end(name, pruned(flight))
        elif flight.plan.kind in ("confirm", "baseline"):
            self.untested.append(name)
        else:
            self._end(name, completed(flight, self._setting))

    def settle_known(self) -> None:
        """Complete the confirmed students whose weights, or equal ones, have read the test rows."""
        known = self._setting.ledger.scores(self._setting.data.name) if self.untested else {}
        for name in list(self.untested):
            flight = self.flights[name]
            scores = known.get(flight.result["digest"])
            if scores is not None:
                self.untested.remove(name)
                flight.result["metrics"] |= {f"test/{each}": score for each, score in scores.items()}
                self._end(name, completed(flight, self._setting))

    def _reported(self, name: str, flight: Flight, event: Event) -> None:
        data = event.data
        if "known" in data:
            together = len(event.job.spec["trials"])
            flight.began, flight.due = time.time(), time.monotonic() + _LONG * together
        elif "curves" in data:
            self._writer.put(self._books.show, (flight, data["curves"]))
        elif "result" in data:
            self.trained(name, data["result"])
        elif "error" in data:
            disk.acquit(data["error"])
            self._end(name, failed(flight, data["error"]))
        elif "scores" in data:
            self._tested(flight, data["scores"], data["rows"])

    def _tested(self, flight: Flight, scores: dict[str, float], rows: dict[str, list[float]]) -> None:
        data, digest = self._setting.data.name, flight.result["digest"]
        study, who = self._setting.study.name, flight.plan.name
        self._setting.ledger.add(data, digest, scores, study=study, who=who, rows=rows)

    def _grieve(self, event: Event) -> None:
        """Blame the only trial that a job had left; of several, see which it was."""
        left, limit = self._left(event.job), event.data.get("limit", "")
        reason = _reason(event)
        disk.acquit(reason)
        if event.job.entry == READ_TEST:
            for name in left:
                self.untested.remove(name)
                self._repeat(name, reason)
        elif limit == "timeout" and time.monotonic() >= self.end:
            for name in left:
                self._repeat(name, "the time was up", counts=False)
        elif len(left) > 1 or (limit == "timeout" and len(event.job.spec["trials"]) > 1):
            self.alone.extend(left)
        elif left and (event.kind == "error" or limit == "timeout"):  # which would happen again
            traceback = event.data.get("traceback", "")
            self._end(left[0], failed(self.flights[left[0]], reason, traceback))
        elif left:
            self._repeat(left[0], reason)

    def _left(self, job: Job) -> list[str]:
        """Return the trials of a job of which nothing has come home."""
        return [each["name"] for each in job.spec["trials"] if self._is_open(each["name"], job)]

    def _is_open(self, name: str, job: Job) -> bool:
        waiting = name in self.untested
        return waiting if job.entry == READ_TEST else name in self.flights and not waiting

    def _end(self, name: str, ending: Ending) -> None:
        del self.flights[name]
        self._leaving.append(self._writer.put(self._books.end, ending))

    def _repeat(self, name: str, reason: str, *, counts: bool = True) -> None:
        """Have a trial done again, as soon as nothing is being written."""
        self._lost.append((name, reason, counts))


def _reason(event: Event) -> str:
    """Return in words why a job has ended without a result."""
    if event.kind == "error":
        return f"{event.data['type']}: {event.data['message']}"
    key = _KEYS.get(event.data.get("limit", ""))
    return f"{key}: {event.data['reason']}" if key else str(event.data["reason"])
