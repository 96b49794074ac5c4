"""Place trainings on workers and bring their results home: the only writer to Optuna and MLflow.

A job carries a lot of trials, and each comes home by itself. A result becomes real in this order: its facts to
Optuna, weights and metrics to MLflow, then ``tell`` (the commit), then the run's status. Whatever a kill
interrupts, ``reconcile`` can tell how far it came.
"""

from __future__ import annotations

import json
import math
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import optuna

from kdorch.execution import Event, Executor, Job
from kdorch.search.ledger import Ledger
from kdorch.search.observer import Observer
from kdorch.search.phases import Plan
from kdorch.search.record import Record
from kdorch.study import Study
from kdorch.study.limits import Limit
from kdorch.tracking import Tracker

_TRAIN = "kdorch.training.trial:run"
_READ_TEST = "kdorch.training.trial:read_test"
VALUES = "kdorch.values"  # on a run: its results are whole
WEIGHTS = "student.safetensors"


class Phase(Protocol):
    """What the coordinator needs to know of a phase."""

    title: str
    record: Record
    total: int

    def left(self, running: int) -> int:
        """Return how many trials to start beside those that run."""

    def plan(self, trial: optuna.Trial) -> Plan:
        """Return the training of a trial."""


@dataclass(frozen=True)
class Setting:
    """What all trainings of a study share.

    Attributes:
        study: The study.
        data: Digest and directory of the stored data.
        shared: Fields of a job's spec that all its trials share.
        limits: What bounds a metric.
        weights: Where workers leave weights.
        ledger: The ledger of test readings.
        workers: Jobs at once.
        lot: Most trials of a job.
    """

    study: Study
    data: Path
    shared: dict[str, Any]
    limits: Sequence[Limit]
    weights: Path
    ledger: Ledger
    workers: int = 1
    lot: int = 1


@dataclass
class _Flight:
    """A trial on its way."""

    trial: optuna.Trial
    plan: Plan
    weights: Path
    run_id: str = ""
    result: dict[str, Any] = field(default_factory=dict)


class Coordinator:
    """Runs one phase to its end."""

    def __init__(
        self, phase: Phase, setting: Setting, executor: Executor, tracker: Tracker, observer: Observer
    ) -> None:
        self._phase, self._setting = phase, setting
        self._executor, self._tracker, self._observer = executor, tracker, observer
        self._record = phase.record
        self._flights: dict[str, _Flight] = {}
        self._alone: deque[str] = deque()  # whoever shared a job that came to grief
        self._untested: list[str] = []
        self._reading = False

    def drive(self, deadline: float = math.inf) -> None:
        """Ask and train until the phase wants no more, or until a moment of ``time.monotonic``."""
        while True:
            self._place(deadline)
            if not self._flights:
                return
            for event in self._executor.poll(1.0):
                self._handle(event)

    def _place(self, deadline: float) -> None:
        self._settle_known()
        while self._executor.can_take():
            if self._untested and not self._reading:
                self._read_test()
            elif self._alone:
                self._submit([self._alone.popleft()])
            elif time.monotonic() < deadline and (lot := self._ask()):
                self._submit(lot)
            else:
                return

    def _ask(self) -> list[str]:
        """Return the names of new trials: so many that no worker waits while another has several."""
        left = self._phase.left(len(self._flights))
        return [
            self._launch() for _ in range(min(self._setting.lot, math.ceil(left / self._setting.workers)))
        ]

    def _launch(self) -> str:
        trial = self._record.ask()
        plan = self._phase.plan(trial)
        name = f"{plan.kind}-{trial.number}"
        self._flights[name] = _Flight(trial, plan, self._setting.weights / f"{name}.safetensors")
        return name

    def _submit(self, lot: Sequence[str]) -> None:
        trials = [
            flight.plan.spec | {"name": name, "weights": str(flight.weights)}
            for name, flight in ((name, self._flights[name]) for name in lot)
        ]
        self._executor.submit(Job(lot[0], _TRAIN, self._setting.shared | {"trials": trials}))

    def _handle(self, event: Event) -> None:
        if event.job.entry == _READ_TEST and event.kind not in ("started", "report"):
            self._reading = False
        if event.kind == "report":
            name = event.data["trial"]
            self._reported(name, self._flights[name], event.data)
        elif event.kind in ("error", "lost"):
            self._ended(event)

    def _reported(self, name: str, flight: _Flight, data: dict[str, Any]) -> None:
        if "known" in data:
            self._start_run(flight)
        elif "result" in data:
            self._trained(name, flight, data["result"])
        elif "scores" in data:
            self._tested(flight, data["scores"])

    def _ended(self, event: Event) -> None:
        """Blame the only trial that a job had left; of several, see which it was."""
        left = [each["name"] for each in event.job.spec["trials"] if self._is_open(each["name"], event.job)]
        if len(left) > 1:
            self._alone.extend(left)
        elif left and event.kind == "error":
            data = event.data
            self._failed(
                left[0], self._flights[left[0]], f"{data['type']}: {data['message']}", data["traceback"]
            )
        elif left:
            self._lost(left[0], self._flights[left[0]], event.data["reason"])

    def _is_open(self, name: str, job: Job) -> bool:
        flight = self._flights.get(name)
        return flight is not None and (job.entry == _READ_TEST or not flight.result)

    def _start_run(self, flight: _Flight) -> None:
        if flight.run_id:
            return
        plan, trial = flight.plan, flight.trial
        attempt = {"kdorch.attempt": str(trial.user_attrs.get("attempt", 1))}
        flight.run_id = self._tracker.start(
            plan.name, plan.kind, trial=trial.number, params=plan.params, tags=plan.tags | attempt
        )
        trial.set_user_attr("run_id", flight.run_id)

    def _trained(self, name: str, flight: _Flight, result: dict[str, Any]) -> None:
        if "infeasible" in result:
            del self._flights[name]
            limits = [limit for limit in self._setting.limits if limit.metric in result["metrics"]]
            self._record.constrain(flight.trial, result["metrics"], limits)
            self._record.prune(flight.trial.number, result["infeasible"])
            return
        flight.result = result
        if flight.plan.kind == "trial":
            self._commit(name, flight)
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
                self._commit(name, flight)

    def _read_test(self) -> None:
        """Have confirmed students read the test rows, equal weights once: twins may come out equal."""
        distinct = {self._flights[name].result["digest"]: name for name in self._untested}
        trials = [
            {"name": name, "student": flight.plan.spec["student"], "weights": str(flight.weights)}
            for name, flight in ((name, self._flights[name]) for name in distinct.values())
        ]
        spec = self._setting.shared | {"split": "test", "trials": trials}
        self._executor.submit(Job("test", _READ_TEST, spec))
        self._reading = True

    def _tested(self, flight: _Flight, scores: dict[str, float]) -> None:
        data, digest = self._setting.data.name, flight.result["digest"]
        self._setting.ledger.add(data, digest, scores, study=self._setting.study.name, who=flight.plan.name)

    def _commit(self, name: str, flight: _Flight) -> None:
        metrics = flight.result["metrics"]
        objectives = self._setting.study.objectives
        bad = [
            metric
            for metric in (*objectives, *self._setting.study.limits)
            if not math.isfinite(metrics.get(metric, math.nan))
        ]
        if bad:
            self._failed(name, flight, f"{bad[0]} is {metrics.get(bad[0], 'not measured')}")
            return
        values = [metrics[metric] for metric in objectives]
        self._start_run(flight)
        flight.trial.set_user_attr("metrics", metrics)
        flight.trial.set_user_attr("weights", flight.result["digest"])
        if flight.result.get("sample"):
            flight.trial.set_user_attr("sample", flight.result["sample"])
        self._record.constrain(flight.trial, metrics, self._setting.limits)
        # One name in all runs is what people and promotion look for.
        named = flight.weights.rename(flight.weights.parent / WEIGHTS)
        self._tracker.upload(flight.run_id, named)
        named.unlink()
        facts = {
            VALUES: json.dumps(values),
            "kdorch.epoch": str(flight.result["epoch"]),
            "kdorch.weights": flight.result["digest"],
        }
        self._tracker.log(flight.run_id, curves=flight.result["curves"], finals=metrics, tags=facts)
        self._record.tell(flight.trial.number, values)
        self._tracker.end(flight.run_id, "complete")
        del self._flights[name]
        self._observer.progress(self._phase.title, self._record.counted, self._phase.total, metrics)

    def _failed(self, name: str, flight: _Flight, reason: str, traceback: str = "") -> None:
        del self._flights[name]
        self._start_run(flight)
        if traceback:
            with TemporaryDirectory() as folder:
                file = Path(folder, "traceback.txt")
                file.write_text(traceback)
                self._tracker.upload(flight.run_id, file)
        self._tracker.log(flight.run_id, curves={}, finals={}, tags={"kdorch.reason": reason})
        self._record.fail(flight.trial.number, reason)
        self._tracker.end(flight.run_id, "failed")
        self._observer.say(f"{flight.plan.name} failed: {reason}")

    def _lost(self, name: str, flight: _Flight, reason: str) -> None:
        del self._flights[name]
        frozen = self._record.trials()[flight.trial.number]
        again = self._record.retry(frozen, reason)
        if flight.run_id:
            self._tracker.log(flight.run_id, curves={}, finals={}, tags={"kdorch.reason": reason})
            self._tracker.end(flight.run_id, "failed")
        self._observer.say(
            f"{flight.plan.name} was lost ({reason}); {'it is tried again' if again else 'given up'}"
        )
