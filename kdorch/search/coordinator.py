"""Place trainings on workers, and have their results come home.

A job carries a lot of trials, and each comes home by itself.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import optuna

from kdorch.errors import KdorchError
from kdorch.execution import Event, Executor, Job
from kdorch.search.arrivals import READ_TEST, Arrivals
from kdorch.search.books import Books
from kdorch.search.endings import Flight
from kdorch.search.observer import Observer, Relay
from kdorch.search.setting import Phase, Setting
from kdorch.search.writer import Writer
from kdorch.stopwatch import part
from kdorch.tracking import Tracker

_TRAIN = "kdorch.training.trial:run"
_EVERY = (5.0, 120.0)  # seconds after which a training tells its curves, and keeps where it stands
_SOON = 0.1  # seconds that a worker waits, at most, for results to be written that it might learn from
_GRACE = 60.0  # seconds at least that a training has when the time of the whole study is up


class Coordinator:
    """Runs one phase to its end."""

    def __init__(
        self, phase: Phase, setting: Setting, executor: Executor, tracker: Tracker, observer: Observer
    ) -> None:
        self._phase, self._setting = phase, setting
        self._executor, self._record = executor, phase.record
        self._news = Relay(observer)
        self._outage = tracker.outage
        self._writer = Writer(stuck=self._outage.is_away, hurry=self._outage.give_up)
        self._home = Arrivals(setting, Books(phase, tracker, self._news), self._writer)
        self._jobs: set[str] = set()

    def drive(self, deadline: float = math.inf) -> dict[str, float]:
        """Ask and train until the phase wants no more, or until a moment of ``time.monotonic``.

        What is trained at that moment has as long again, and is then called off.

        Returns:
            The seconds that writing took, by parts.
        """
        self._home.end = deadline + max(_GRACE, deadline - time.monotonic())
        tell, self._outage.tell = self._outage.tell, self._news.say  # the writer's thread calls it
        try:
            with self._writer:
                self._take_up()
                self._place(deadline)
                while self._jobs or self._home.running():  # a trial comes home before its job ends
                    self._hear(self._executor.poll(1.0))
                    self._place(deadline)
                    self._home.show()
                    self._news.pass_on()
        except KdorchError:
            with suppress(OSError):  # a full disk may be the very reason
                self._home.keep(self._executor.poll(0.0))
            raise
        finally:
            self._outage.tell = tell
            self._news.pass_on()
        return self._writer.spent

    def _hear(self, events: Sequence[Event]) -> None:
        self._home.keep(events)  # all of them, before one says that everything ends
        for event in events:
            if event.kind not in ("report", "started"):
                self._jobs.remove(event.job.id)
            self._home.handle(event)

    def _place(self, deadline: float) -> None:
        home = self._home
        home.settle_known()
        home.repeat_lost()
        while self._executor.can_take():
            if home.untested and READ_TEST not in self._jobs:
                self._read_test()
            elif home.alone:
                self._train([home.alone.popleft()])
            elif time.monotonic() < deadline and (lot := self._ask()):
                self._train(lot)
            elif home.running() == len(home.flights) or not self._writer.settle():
                return  # else some of those that are written now may have to be done again

    @part("Optuna ask")
    def _ask(self) -> list[str]:
        """Return the names of new trials: a worker's share of those that are left."""
        # Proposals are better the more they know; a worker alone gets the same every time, as they know all.
        alone = self._setting.workers == 1
        if not self._writer.settle(math.inf if alone else _SOON) and alone:
            return []
        left, workers = self._phase.left(self._home.running()), self._setting.workers
        # Of what is on its way, half is done; one by one, the last would cost as much as a whole lot.
        share = math.ceil((left + len(self._home.flights) / 2) / workers)
        count = min(left, share, self._setting.stack, self._phase.most(workers))
        with self._record.together():
            return [self._take_off(self._record.ask()) for _ in range(count)]

    def _take_off(self, trial: optuna.Trial) -> str:
        plan, name = self._phase.plan(trial), self._record.label(trial)
        parcel, checkpoint = self._setting.spool.parcel(name), self._setting.checkpoint(plan)
        self._home.flights[name] = Flight(trial, plan, parcel, checkpoint)
        return name

    def _take_up(self) -> None:
        """Have the results come home again that the last session had no time to write down."""
        for trial in self._record.running():
            name = self._take_off(self._record.resume(trial))
            flight = self._home.flights[name]
            flight.began, result = trial.datetime_start.timestamp(), flight.parcel.result()
            assert result is not None  # noqa: S101  all others are done again
            self._home.trained(name, result)

    def _train(self, lot: Sequence[str]) -> None:
        trials = [
            flight.plan.spec
            | {"name": name, "weights": str(flight.parcel.weights), "checkpoint": str(flight.checkpoint)}
            for name, flight in ((name, self._home.flights[name]) for name in lot)
        ]
        spec = self._setting.shared | {"every": _EVERY, "trials": trials}
        self._submit(Job(lot[0], _TRAIN, spec, threads=self._setting.threads))

    def _read_test(self) -> None:
        """Have confirmed students read the test rows, equal weights once: twins may come out equal."""
        flights = {name: self._home.flights[name] for name in self._home.untested}
        distinct = {flight.result["digest"]: name for name, flight in flights.items()}
        trials = [
            {"name": name, "student": flight.plan.spec["student"], "weights": str(flight.parcel.weights)}
            for name, flight in ((name, flights[name]) for name in distinct.values())
        ]
        spec = self._setting.shared | {"split": "test", "trials": trials}
        self._submit(Job(READ_TEST, READ_TEST, spec))

    def _submit(self, job: Job) -> None:
        seconds = min(self._setting.deadline * len(job.spec["trials"]), self._home.end - time.monotonic())
        self._executor.submit(replace(job, timeout=max(0.0, seconds)))
        self._jobs.add(job.id)
