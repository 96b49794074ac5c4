"""Which bar a new trial has to clear."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from kdorch.search.record import CURVE, Record
from kdorch.study import Study
from kdorch.study.pruning import Reached


class Hurdle:
    """Sets the bar by the finished trials; the record is all it knows, so it is the same after a kill."""

    def __init__(self, study: Study, record: Record) -> None:
        self._record, self._reached = record, Reached(study.objectives)
        self._seen: set[int] = set()

    def bar(self, epochs: int) -> dict[str, Any] | None:
        """Return the bar of a trial of so many epochs, or None while too little is known."""
        for trial in self._record.complete():
            if trial.number not in self._seen:
                self._seen.add(trial.number)
                eligible = all(excess <= 0 for excess in trial.constraints.values())
                curve, metrics = trial.user_attrs.get(CURVE, []), trial.user_attrs["metrics"]
                self._reached.add(curve, metrics, eligible=eligible)
        found = self._reached.bar(epochs)
        return asdict(found) if found else None
