"""What becomes of a trial, written to Optuna and MLflow, whose time is taken out of the other's.

A result becomes real in this order: its facts to Optuna, weights and metrics to MLflow, then ``tell`` (the
commit), then the run's status. Whatever a kill interrupts, ``reconcile`` can tell how far it came.

The run of a trial that takes its time is begun meanwhile, for whoever looks; that of a short one with its
result, at once.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import optuna

from kdorch.search.observer import Observer
from kdorch.search.phases import Plan
from kdorch.search.record import CURVE
from kdorch.search.setting import Phase, Setting
from kdorch.search.spool import Parcel
from kdorch.stopwatch import part
from kdorch.study.pruning import best_so_far
from kdorch.tracking import Curves, Outcome, Tracker

VALUES = "kdorch.values"  # on a run: what to tell, once all its metrics are there


@dataclass
class Flight:
    """A trial on its way.

    Attributes:
        trial: In Optuna.
        plan: What is trained.
        parcel: Where its result is.
        checkpoint: Where it keeps how far it is.
        began: When it did, in seconds since 1970; 0 before.
        due: When its run is to be begun, if it has no result by then, in seconds of ``time.monotonic``.
        epochs: How many of its curves are written.
        run_id: Of its run, once there is one.
        result: What the worker returned.
    """

    trial: optuna.Trial
    plan: Plan
    parcel: Parcel
    checkpoint: Path
    began: float = 0.0
    due: float = math.inf
    epochs: int = 0
    run_id: str = ""
    result: dict[str, Any] = field(default_factory=dict)


class Books:
    """Keeps Optuna and MLflow in line: nobody else writes to either while a phase runs."""

    def __init__(self, phase: Phase, setting: Setting, tracker: Tracker, observer: Observer) -> None:
        self._phase, self._setting = phase, setting
        self._record, self._tracker, self._observer = phase.record, tracker, observer

    def start(self, flight: Flight) -> None:
        """Begin the run of one that is still trained."""
        self._begun(flight, self._tracker.start(**self._who(flight, {})))

    def show(self, flight: Flight, curves: Curves) -> None:
        """Write what is new in the curves of one that is still trained, if its run is begun."""
        if flight.run_id:
            self._tracker.log(flight.run_id, curves=_from(flight.epochs, curves), finals={}, tags={})
            flight.epochs = max(map(len, curves.values()), default=0)

    def _who(self, flight: Flight, facts: Mapping[str, str]) -> dict[str, Any]:
        plan, trial = flight.plan, flight.trial
        return {
            "name": plan.name,
            "kind": plan.kind,
            "trial": trial.number,
            "params": plan.params,
            "tags": {**plan.tags, "kdorch.attempt": str(trial.user_attrs.get("attempt", 1)), **facts},
            "began": flight.began or None,
        }

    def _begun(self, flight: Flight, run_id: str) -> None:
        flight.run_id = run_id
        flight.trial.set_user_attr("run_id", run_id)

    def _log(
        self,
        flight: Flight,
        facts: Mapping[str, str],
        *,
        files: Sequence[Path] = (),
        curves: Curves | None = None,
        finals: Mapping[str, float] | None = None,
    ) -> None:
        """Write what became of a trial."""
        curves, finals = _from(flight.epochs, curves or {}), finals or {}
        if not flight.run_id:
            who = self._who(flight, facts)
            self._begun(flight, self._tracker.write(**who, curves=curves, finals=finals, files=files))
            return
        for file in files:
            self._tracker.upload(flight.run_id, file)
        self._tracker.log(flight.run_id, curves=curves, finals=finals, tags=facts)

    def _end(self, flight: Flight, outcome: Outcome) -> None:
        """End the run of a trial that will not be repeated."""
        self._tracker.end(flight.run_id, outcome)
        flight.checkpoint.unlink(missing_ok=True)
        flight.parcel.drop()

    @part("Optuna tell")
    def complete(self, flight: Flight) -> None:
        """Write its result down; without a number to choose by it has failed."""
        metrics = flight.result["metrics"]
        objectives = self._setting.study.objectives
        bad = [
            metric
            for metric in (*objectives, *self._setting.study.limits)
            if not math.isfinite(metrics.get(metric, math.nan))
        ]
        if bad:
            self.fail(flight, f"{bad[0]} is {metrics.get(bad[0], 'not measured')}")
            return
        values = [metrics[metric] for metric in objectives]
        with self._record.together():
            flight.trial.set_user_attr("metrics", metrics)
            flight.trial.set_user_attr("weights", flight.result["digest"])
            if flight.result.get("sample"):
                flight.trial.set_user_attr("sample", flight.result["sample"])
            if "bar" in flight.plan.spec:  # what later trials have to clear
                (quality, direction), *_ = objectives.items()
                flight.trial.set_user_attr(CURVE, best_so_far(flight.result["curves"][quality], direction))
            self._record.constrain(flight.trial, metrics, self._setting.limits)
        facts = {
            VALUES: json.dumps(values),
            "kdorch.epoch": str(flight.result["epoch"]),
            "kdorch.weights": flight.result["digest"],
            "kdorch.placement": flight.result["placement"],
            "kdorch.inputs": self._setting.inputs,
        }
        if stack := flight.result.get("stack"):
            facts["kdorch.stack"] = " ".join(stack)  # for whoever does it again
        weights = [flight.parcel.weights]
        self._log(flight, facts, files=weights, curves=flight.result["curves"], finals=metrics)
        self._record.tell(flight.trial.number, values)
        self._end(flight, "complete")
        self._observer.progress(self._phase.title, self._record.counted, self._phase.total, metrics)

    @part("Optuna tell")
    def prune(self, flight: Flight) -> None:
        """Write down one that was given up: its curves are worth keeping, and its weights are not."""
        epoch, epochs = flight.result["pruned"], flight.plan.spec["train"]["epochs"]
        facts = {
            "kdorch.pruned": f"after epoch {epoch} of {epochs}",
            "kdorch.placement": flight.result["placement"],
        }
        self._log(flight, facts, curves=flight.result["curves"], finals=flight.result["metrics"])
        self._record.give_up(flight.trial.number, {"epoch": epoch, "epochs": epochs})
        self._end(flight, "pruned")
        self._observer.progress(self._phase.title, self._record.counted, self._phase.total, None)

    @part("Optuna tell")
    def fail(self, flight: Flight, reason: str, traceback: str = "") -> None:
        """End a trial that cannot succeed."""
        with TemporaryDirectory() as folder:
            file = Path(folder, "traceback.txt")
            file.write_text(traceback)
            self._log(flight, {"kdorch.reason": reason}, files=[file] if traceback else [])
        self._record.fail(flight.trial.number, reason)
        self._end(flight, "failed")
        self._observer.say(f"{flight.plan.name} failed: {reason}")

    @part("Optuna tell")
    def repeat(self, flight: Flight, reason: str, *, counts: bool = True) -> None:
        """End a trial whose process died, and have it done again, unless that happens too often.

        Args:
            flight: The trial.
            reason: Why it did.
            counts: Whether this was an attempt, and not one that was called off.
        """
        if flight.began:
            self._log(flight, {"kdorch.reason": reason})
        flight.parcel.drop()
        frozen = self._record.trials()[flight.trial.number]
        again = self._record.retry(frozen, reason, counts=counts)
        if flight.began:
            self._tracker.end(flight.run_id, "failed")
        then = "it is tried again" if again else "given up"
        lost = f"was lost ({reason}); {then}" if counts else f"is called off: {reason}"
        self._observer.say(f"{flight.plan.name} {lost}")

    @part("Optuna tell")
    def refuse(self, flight: Flight) -> None:
        """Give up a proposal that breaks a limit before it is trained."""
        result = flight.result
        limits = [limit for limit in self._setting.limits if limit.metric in result["metrics"]]
        with self._record.together():
            self._record.constrain(flight.trial, result["metrics"], limits)
            self._record.prune(flight.trial.number, result["infeasible"])
        flight.parcel.drop()


def _from(epoch: int, curves: Curves) -> Curves:
    """Return the curves without the epochs up to this one."""
    return {name: [None] * min(epoch, len(curve)) + list(curve[epoch:]) for name, curve in curves.items()}
