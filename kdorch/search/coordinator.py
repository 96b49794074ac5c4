"""Place trainings on workers and bring their results home.

A job carries a lot of trials, and each comes home by itself.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

from kdorch.execution import Event, Executor, Job
from kdorch.search.books import Books, Flight
from kdorch.search.observer import Observer
from kdorch.search.setting import Phase, Setting
from kdorch.stopwatch import part
from kdorch.tracking import Tracker

_TRAIN = "kdorch.training.trial:run"
_READ_TEST = "kdorch.training.trial:read_test"


class Coordinator:
    """Runs one phase to its end."""

    def __init__(
        self, phase: Phase, setting: Setting, executor: Executor, tracker: Tracker, observer: Observer
    ) -> None:
        self._phase, self._setting = phase, setting
        self._executor, self._record = executor, phase.record
        self._books = Books(phase, setting, tracker, observer)
        self._flights: dict[str, Flight] = {}
        self._alone: deque[str] = deque()  # whoever shared a job that came to grief
        self._untested: list[str] = []
        self._jobs: set[str] = set()

    def drive(self, deadline: float = math.inf) -> None:
        """Ask and train until the phase wants no more, or until a moment of ``time.monotonic``."""
        while True:
            self._place(deadline)
            if not self._flights and not self._jobs:  # a trial comes home before its job ends
                return
            for event in self._executor.poll(1.0):
                self._handle(event)

    def _place(self, deadline: float) -> None:
        self._settle_known()
        while self._executor.can_take():
            if self._untested and _READ_TEST not in self._jobs:
                self._read_test()
            elif self._alone:
                self._train([self._alone.popleft()])
            elif time.monotonic() < deadline and (lot := self._ask()):
                self._train(lot)
            else:
                return

    @part("Optuna ask")
    def _ask(self) -> list[str]:
        """Return the names of new trials: so many that no worker waits while another has several."""
        left, workers = self._phase.left(len(self._flights)), self._setting.workers
        count = min(self._setting.stack, self._phase.most(workers), math.ceil(left / workers))
        with self._record.together():
            return [self._launch() for _ in range(count)]

    def _launch(self) -> str:
        trial = self._record.ask()
        plan = self._phase.plan(trial)
        name = f"{plan.kind}-{trial.number}"
        self._flights[name] = Flight(trial, plan, self._setting.weights / f"{name}.safetensors")
        return name

    def _train(self, lot: Sequence[str]) -> None:
        trials = [
            flight.plan.spec | {"name": name, "weights": str(flight.weights)}
            for name, flight in ((name, self._flights[name]) for name in lot)
        ]
        self._submit(Job(lot[0], _TRAIN, self._setting.shared | {"trials": trials}))

    def _submit(self, job: Job) -> None:
        self._executor.submit(job)
        self._jobs.add(job.id)

    @part("Optuna tell")  # MLflow's time is taken out
    def _handle(self, event: Event) -> None:
        if event.kind == "report":
            name = event.data["trial"]
            self._reported(name, self._flights[name], event.data)
        elif event.kind != "started":
            self._jobs.remove(event.job.id)
        if event.kind in ("error", "lost"):
            self._grieve(event)

    def _reported(self, name: str, flight: Flight, data: dict[str, Any]) -> None:
        if "known" in data:
            self._books.start(flight)
        elif "result" in data:
            self._trained(name, flight, data["result"])
        elif "error" in data:
            self._books.fail(self._flights.pop(name), data["error"])
        elif "scores" in data:
            self._tested(flight, data["scores"])

    def _grieve(self, event: Event) -> None:
        """Blame the only trial that a job had left; of several, see which it was."""
        left = [each["name"] for each in event.job.spec["trials"] if self._is_open(each["name"], event.job)]
        kind, message = event.data.get("type"), event.data.get("message")
        reason = f"{kind}: {message}" if event.kind == "error" else event.data["reason"]
        if event.job.entry == _READ_TEST:
            for name in left:
                self._untested.remove(name)
                self._books.repeat(self._flights.pop(name), reason)
        elif len(left) > 1:
            self._alone.extend(left)
        elif left and event.kind == "error":
            self._books.fail(self._flights.pop(left[0]), reason, event.data["traceback"])
        elif left:
            self._books.repeat(self._flights.pop(left[0]), reason)

    def _is_open(self, name: str, job: Job) -> bool:
        waiting = name in self._untested
        return waiting if job.entry == _READ_TEST else name in self._flights and not waiting

    def _trained(self, name: str, flight: Flight, result: dict[str, Any]) -> None:
        flight.result = result
        if "infeasible" in result:
            self._books.refuse(self._flights.pop(name), result)
        elif "pruned" in result:
            self._books.prune(self._flights.pop(name))
        elif flight.plan.kind == "trial":
            self._books.complete(self._flights.pop(name))
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
                self._books.complete(self._flights.pop(name))

    def _read_test(self) -> None:
        """Have confirmed students read the test rows, equal weights once: twins may come out equal."""
        distinct = {self._flights[name].result["digest"]: name for name in self._untested}
        trials = [
            {"name": name, "student": flight.plan.spec["student"], "weights": str(flight.weights)}
            for name, flight in ((name, self._flights[name]) for name in distinct.values())
        ]
        spec = self._setting.shared | {"split": "test", "trials": trials}
        self._submit(Job(_READ_TEST, _READ_TEST, spec))

    def _tested(self, flight: Flight, scores: dict[str, float]) -> None:
        data, digest = self._setting.data.name, flight.result["digest"]
        self._setting.ledger.add(data, digest, scores, study=self._setting.study.name, who=flight.plan.name)
