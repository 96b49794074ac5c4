"""What all trainings of a phase share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import optuna

from kdorch.search.ledger import Ledger
from kdorch.search.phases import Plan
from kdorch.search.record import Record
from kdorch.study import Study
from kdorch.study.limits import Limit


class Phase(Protocol):
    """What the coordinator needs to know of a phase."""

    title: str
    record: Record
    total: int

    def left(self, running: int) -> int:
        """Return how many trials to start beside those that run."""

    def most(self, workers: int) -> int:
        """Return how many trials to ask for at once."""

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
        stack: Most trials of a job.
    """

    study: Study
    data: Path
    shared: dict[str, Any]
    limits: Sequence[Limit]
    weights: Path
    ledger: Ledger
    workers: int = 1
    stack: int = 1
