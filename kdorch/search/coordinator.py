"""Place trainings on workers and bring their results home.

A job carries a lot of trials, and each comes home by itself. What becomes of it is written by another thread,
meanwhile; until it is, it counts as running.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from typing import Any, Concatenate, ParamSpec

import optuna

from kdorch import disk
from kdorch.errors import KdorchError
from kdorch.execution import Event, Executor, Job
from kdorch.search.books import Books, Flight
from kdorch.search.observer import Observer, Relay
from kdorch.search.setting import Phase, Setting
from kdorch.search.spool import label
from kdorch.search.writer import Writer
from kdorch.stopwatch import part
from kdorch.tracking import Tracker

_TRAIN = "kdorch.training.trial:run"
_READ_TEST = "kdorch.training.trial:read_test"
_LONG = 2.0  # seconds of a training after which somebody may want to see that it runs
_EVERY = (5.0, 120.0)  # seconds after which a training tells its curves, and keeps where it stands
_GRACE = 60.0  # seconds at least that a training has when the time of the whole study is up
_KEYS = {"timeout": "search.deadline", "memory": "search.memory"}  # what sets the limits of a job

P = ParamSpec("P")


class Coordinator:
    """Runs one phase to its end."""

    def __init__(
        self, phase: Phase, setting: Setting, executor: Executor, tracker: Tracker, observer: Observer
    ) -> None:
        self._phase, self._setting = phase, setting
        self._executor, self._record = executor, phase.record
        self._news = Relay(observer)
        self._books = Books(phase, setting, tracker, self._news)
        self._outage = tracker.outage
        self._writer = Writer(stuck=self._outage.is_away, hurry=self._outage.give_up)
        self._leaving: list[Future[None]] = []  # trials that are being written down
        self._flights: dict[str, Flight] = {}
        self._alone: deque[str] = deque()  # whoever shared a job that came to grief
        # Who is to be done again, why, and whether it counts.
        self._lost: deque[tuple[str, str, bool]] = deque()
        self._untested: list[str] = []
        self._jobs: set[str] = set()
        self._end = math.inf

    def drive(self, deadline: float = math.inf) -> dict[str, float]:
        """Ask and train until the phase wants no more, or until a moment of ``time.monotonic``.

        What is trained at that moment has as long again, and is then called off.

        Returns:
            The seconds that writing took, by parts.
        """
        self._end = deadline + max(_GRACE, deadline - time.monotonic())
        tell, self._outage.tell = self._outage.tell, self._news.say  # the writer's thread calls it
        try:
            with self._writer:
                self._take_up()
                self._place(deadline)
                while self._jobs or self._running():  # a trial comes home before its job ends
                    self._hear(self._executor.poll(1.0))
                    self._place(deadline)
                    self._show()
                    self._news.pass_on()
        except KdorchError:
            with suppress(OSError):  # a full disk may be the very reason
                self._keep(self._executor.poll(0.0))
            raise
        finally:
            self._outage.tell = tell
            self._news.pass_on()
        return self._writer.spent

    def _hear(self, events: Sequence[Event]) -> None:
        self._keep(events)  # all of them, before one says that everything ends
        for event in events:
            self._handle(event)

    def _keep(self, events: Sequence[Event]) -> None:
        for event in events:
            if event.kind == "report" and "result" in event.data:
                self._flights[event.data["trial"]].parcel.keep(event.data["result"])

    def _place(self, deadline: float) -> None:
        self._settle_known()
        while self._lost and self._writer.settle():  # what waits is counted in this thread only
            name, reason, counts = self._lost.popleft()
            self._books.repeat(self._flights.pop(name), reason, counts=counts)
        while self._executor.can_take():
            if self._untested and _READ_TEST not in self._jobs:
                self._read_test()
            elif self._alone:
                self._train([self._alone.popleft()])
            elif time.monotonic() < deadline and (lot := self._ask()):
                self._train(lot)
            elif self._running() == len(self._flights) or not self._writer.settle():
                return  # else some of those that are written now may have to be done again

    @part("Optuna ask")
    def _ask(self) -> list[str]:
        """Return the names of new trials: so many that no worker waits while another has several."""
        if self._setting.workers == 1 and not self._writer.settle():
            return []  # the next proposal knows all results: it is the same every time
        left, workers = self._phase.left(self._running()), self._setting.workers
        count = min(self._setting.stack, self._phase.most(workers), math.ceil(left / workers))
        with self._record.together():
            return [self._launch() for _ in range(count)]

    def _running(self) -> int:
        """Return how many trials are on their way, those included that are being written down.

        Raises:
            KdorchError: One could not be written.
        """
        written = [each for each in self._leaving if each.done()]
        self._leaving = [each for each in self._leaving if each not in written]
        for each in written:
            each.result()
        return len(self._flights) + len(self._leaving)

    def _launch(self) -> str:
        return self._take_off(self._record.ask())

    def _take_off(self, trial: optuna.Trial) -> str:
        plan, name = self._phase.plan(trial), label(trial)
        self._flights[name] = Flight(
            trial, plan, self._setting.spool.parcel(name), self._setting.checkpoint(plan)
        )
        return name

    def _take_up(self) -> None:
        """Have the results come home again that the last session had no time to write down."""
        for trial in self._record.running():
            name = self._take_off(self._record.resume(trial))
            flight = self._flights[name]
            flight.began, result = trial.datetime_start.timestamp(), flight.parcel.result()
            assert result is not None  # noqa: S101  all others are done again
            self._trained(name, flight, result)

    def _show(self) -> None:
        """Have the runs begun of those that take their time."""
        now = time.monotonic()
        for flight in self._flights.values():
            if flight.due <= now:
                flight.due = math.inf
                self._writer.put(self._books.start, flight)

    def _train(self, lot: Sequence[str]) -> None:
        trials = [
            flight.plan.spec
            | {"name": name, "weights": str(flight.parcel.weights), "checkpoint": str(flight.checkpoint)}
            for name, flight in ((name, self._flights[name]) for name in lot)
        ]
        spec = self._setting.shared | {"every": _EVERY, "trials": trials}
        self._submit(Job(lot[0], _TRAIN, spec, threads=self._setting.threads))

    def _submit(self, job: Job) -> None:
        seconds = min(self._setting.deadline * len(job.spec["trials"]), self._end - time.monotonic())
        self._executor.submit(replace(job, timeout=max(0.0, seconds)))
        self._jobs.add(job.id)

    def _handle(self, event: Event) -> None:
        if event.kind == "report":
            name = event.data["trial"]
            # Else another study in this home has read the test with equal weights at the same time.
            if name in self._flights or "scores" not in event.data:
                self._reported(name, self._flights[name], event.data)
        elif event.kind != "started":
            self._jobs.remove(event.job.id)
        if event.kind == "done" and event.job.entry == _TRAIN:
            self._alone.extend(self._left(event.job))  # not begun, as others had changed the process
        elif event.kind in ("error", "lost"):
            self._grieve(event)

    def _reported(self, name: str, flight: Flight, data: dict[str, Any]) -> None:
        if "known" in data:
            flight.began, flight.due = time.time(), time.monotonic() + _LONG
        elif "curves" in data:
            self._writer.put(self._books.show, flight, data["curves"])
        elif "result" in data:
            self._trained(name, flight, data["result"])
        elif "error" in data:
            disk.acquit(data["error"])
            self._write(self._books.fail, name, data["error"])
        elif "scores" in data:
            self._tested(flight, data["scores"])

    def _grieve(self, event: Event) -> None:
        """Blame the only trial that a job had left; of several, see which it was."""
        left, limit = self._left(event.job), event.data.get("limit", "")
        reason = _reason(event)
        disk.acquit(reason)
        if event.job.entry == _READ_TEST:
            for name in left:
                self._untested.remove(name)
                self._repeat(name, reason)
        elif limit == "timeout" and time.monotonic() >= self._end:
            for name in left:
                self._repeat(name, "the time was up", counts=False)
        elif len(left) > 1 or (limit == "timeout" and len(event.job.spec["trials"]) > 1):
            self._alone.extend(left)
        elif left and (event.kind == "error" or limit == "timeout"):  # which would happen again
            self._write(self._books.fail, left[0], reason, event.data.get("traceback", ""))
        elif left:
            self._repeat(left[0], reason)

    def _left(self, job: Job) -> list[str]:
        """Return the trials of a job of which nothing has come home."""
        return [each["name"] for each in job.spec["trials"] if self._is_open(each["name"], job)]

    def _write(
        self, write: Callable[Concatenate[Flight, P], None], name: str, *args: P.args, **kwargs: P.kwargs
    ) -> None:
        self._leaving.append(self._writer.put(write, self._flights.pop(name), *args, **kwargs))

    def _repeat(self, name: str, reason: str, *, counts: bool = True) -> None:
        """Have a trial done again, as soon as nothing is being written."""
        self._lost.append((name, reason, counts))

    def _is_open(self, name: str, job: Job) -> bool:
        waiting = name in self._untested
        return waiting if job.entry == _READ_TEST else name in self._flights and not waiting

    def _trained(self, name: str, flight: Flight, result: dict[str, Any]) -> None:
        flight.result = result
        if "infeasible" in result:
            self._write(self._books.refuse, name)
        elif "pruned" in result:
            self._write(self._books.prune, name)
        elif flight.plan.kind == "trial":
            self._write(self._books.complete, name)
        else:
            self._untested.append(name)

    def _settle_known(self) -> None:
        """Complete the confirmed students whose weights, or equal ones, have read the test rows."""
        for name in list(self._untested):
            flight = self._flights[name]
            scores = self._setting.ledger.find(self._setting.data.name, flight.result["digest"])
            if scores is not None:
                self._untested.remove(name)
                flight.result["metrics"] |= {f"test/{each}": score for each, score in scores.items()}
                self._write(self._books.complete, name)

    def _read_test(self) -> None:
        """Have confirmed students read the test rows, equal weights once: twins may come out equal."""
        distinct = {self._flights[name].result["digest"]: name for name in self._untested}
        trials = [
            {"name": name, "student": flight.plan.spec["student"], "weights": str(flight.parcel.weights)}
            for name, flight in ((name, self._flights[name]) for name in distinct.values())
        ]
        spec = self._setting.shared | {"split": "test", "trials": trials}
        self._submit(Job(_READ_TEST, _READ_TEST, spec))

    def _tested(self, flight: Flight, scores: dict[str, float]) -> None:
        data, digest = self._setting.data.name, flight.result["digest"]
        self._setting.ledger.add(data, digest, scores, study=self._setting.study.name, who=flight.plan.name)


def _reason(event: Event) -> str:
    """Return in words why a job has ended without a result."""
    if event.kind == "error":
        return f"{event.data['type']}: {event.data['message']}"
    key = _KEYS.get(event.data.get("limit", ""))
    return f"{key}: {event.data['reason']}" if key else str(event.data["reason"])
