"""What becomes of a trial, written to Optuna and MLflow, whose time is taken out of the other's.

A result becomes real in this order: its facts to Optuna, weights and metrics to MLflow, then ``tell`` (the
commit), then the run's status. Whatever a kill interrupts, ``reconcile`` can tell how far it came. Of several
results each step is taken for all at once.

The run of a trial that takes its time is begun meanwhile, for whoever looks; that of a short one with its
result, at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kdorch.search.endings import REASON, Ending, Flight, failed
from kdorch.search.observer import Observer
from kdorch.search.record import Record
from kdorch.search.setting import Phase
from kdorch.stopwatch import part
from kdorch.tracking import Curves, NewRun, Tracker


class Books:
    """Keeps Optuna and MLflow in line: nobody else writes to either while a phase runs."""

    def __init__(self, phase: Phase, tracker: Tracker, observer: Observer) -> None:
        self._phase, self._record = phase, phase.record
        self._tracker, self._observer = tracker, observer

    def start(self, flights: Sequence[Flight]) -> None:
        """Begin the runs of some that are still trained."""
        for flight in flights:
            self._begun(flight, self._tracker.start(**_who(flight)))

    def show(self, news: Sequence[tuple[Flight, Curves]]) -> None:
        """Write what is new in the curves of some that are still trained, if their runs are begun."""
        for flight, curves in news:
            if flight.run_id:
                new = _from(flight.epochs, curves)
                self._tracker.log(flight.run_id, curves=new, finals={}, tags={})
                flight.epochs = max(map(len, curves.values()), default=0)

    @part("Optuna tell")
    def end(self, endings: Sequence[Ending]) -> None:
        """Write down what became of some."""
        with self._record.together():
            for ending in endings:
                _note(self._record, ending)
        self._log([ending for ending in endings if ending.outcome])
        with self._record.together():
            counts = [self._tell(ending) for ending in endings]
        self._tracker.end({each.flight.run_id: each.outcome for each in endings if each.outcome})
        for ending, counted in zip(endings, counts, strict=True):
            ending.flight.checkpoint.unlink(missing_ok=True)
            ending.flight.parcel.drop()
            self._announce(ending, counted)

    @part("Optuna tell")
    def repeat(self, flight: Flight, reason: str, *, counts: bool = True) -> None:
        """End a trial whose process died, and have it done again, unless that happens too often.

        Args:
            flight: The trial.
            reason: Why it did.
            counts: Whether this was an attempt, and not one that was called off.
        """
        if flight.began:
            self._log([failed(flight, reason)])
        flight.parcel.drop()
        frozen = self._record.trials()[flight.trial.number]
        again = self._record.retry(frozen, reason, counts=counts)
        if flight.began:
            self._tracker.end({flight.run_id: "failed"})
        then = "it is tried again" if again else "given up"
        lost = f"was lost ({reason}); {then}" if counts else f"is called off: {reason}"
        self._observer.say(f"{flight.plan.name} {lost}")

    def _log(self, endings: Sequence[Ending]) -> None:
        """Write what became of trials to their runs; those that have none get theirs at once."""
        begun = [ending for ending in endings if ending.flight.run_id]
        new = [ending for ending in endings if not ending.flight.run_id]
        with self._record.together():
            for ending, run_id in zip(new, self._tracker.write(list(map(_run, new))), strict=True):
                self._begun(ending.flight, run_id)
        for ending in begun:
            run_id, curves = ending.flight.run_id, _from(ending.flight.epochs, ending.curves)
            for file in ending.files:
                self._tracker.upload(run_id, file)
            self._tracker.log(run_id, curves=curves, finals=ending.metrics, tags=ending.tags)

    def _begun(self, flight: Flight, run_id: str) -> None:
        flight.run_id = run_id
        flight.trial.set_user_attr("run_id", run_id)

    def _tell(self, ending: Ending) -> int:
        """End a trial in Optuna, and return how many count by then."""
        ending.tell(self._record)
        return self._record.counted

    def _announce(self, ending: Ending, counted: int) -> None:
        if ending.outcome == "failed":
            self._observer.say(f"{ending.flight.plan.name} failed: {ending.tags[REASON]}")
        elif ending.outcome:
            metrics = ending.metrics if ending.outcome == "complete" else None
            self._observer.progress(self._phase.title, counted, self._phase.total, metrics)


def _note(record: Record, ending: Ending) -> None:
    """Write an ending's facts to Optuna."""
    for key, value in ending.facts.items():
        ending.flight.trial.set_user_attr(key, value)
    record.constrain(ending.flight.trial, ending.metrics, ending.limits)


def _who(flight: Flight) -> dict[str, Any]:
    """Return what is known of a run when it begins."""
    plan, trial = flight.plan, flight.trial
    return {
        "name": plan.name,
        "kind": plan.kind,
        "trial": trial.number,
        "params": plan.params,
        "tags": {**plan.tags, "kdorch.attempt": str(trial.user_attrs.get("attempt", 1))},
        "began": flight.began or None,
    }


def _run(ending: Ending) -> NewRun:
    who = _who(ending.flight)
    tags: Mapping[str, str] = {**who.pop("tags"), **ending.tags}
    return NewRun(**who, tags=tags, curves=ending.curves, finals=ending.metrics, files=ending.files)


def _from(epoch: int, curves: Curves) -> Curves:
    """Return the curves without the epochs up to this one."""
    return {name: [None] * min(epoch, len(curve)) + list(curve[epoch:]) for name, curve in curves.items()}
