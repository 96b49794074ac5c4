"""What all trainings of a phase share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import optuna

from kdorch.discovery import installed
from kdorch.search.home import Home
from kdorch.search.ledger import Ledger
from kdorch.search.phases import Plan
from kdorch.search.prepare import score
from kdorch.search.record import Record
from kdorch.search.spool import Spool
from kdorch.search.where import Where
from kdorch.study import Study
from kdorch.study.limits import Limit
from kdorch.study.metrics import limits
from kdorch.teaching.store import digest


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
        spool: Where results wait until they are written down.
        ledger: The ledger of test readings.
        workers: Jobs at once.
        stack: Most trials of a job.
        inputs: The name, in the study's record, of what they depend on besides the study.
        deadline: Seconds that a training may take.
    """

    study: Study
    data: Path
    shared: dict[str, Any]
    limits: Sequence[Limit]
    spool: Spool
    ledger: Ledger
    workers: int = 1
    stack: int = 1
    threads: int = 1
    inputs: str = ""
    deadline: float = math.inf

    def checkpoint(self, plan: Plan) -> Path:
        """Return where a training keeps how far it is: a name for all that decides what it computes."""
        own = {key: value for key, value in plan.spec.items() if key not in ("bar", "sample")}
        return self.spool.folder.parent / "checkpoints" / f"{digest([self._common, own])}.pt"

    @cached_property
    def _common(self) -> str:
        return digest([self.shared, self.inputs])


def shared(study: Study, data: Mapping[str, Any], lessons: Mapping[str, Any], where: Where) -> dict[str, Any]:
    """Return the fields of a job's spec that all trials of a study share; arguments as below."""
    return {
        **lessons,
        **where.spec(),
        "task": data["facts"]["task"] | {"metrics": list(study.metrics)},
        "score": list(score(study)),
        "measures": study.tree()["measures"],
        "limits": limits(study, installed()),
    }


def set_up(
    study: Study, home: Home, data: Mapping[str, Any], lessons: Mapping[str, Any], where: Where
) -> Setting:
    """Return what all trainings of a study share.

    Args:
        study: The study.
        home: Project directory.
        data: The stored dataset.
        lessons: Where a training finds its rows and what the teacher says of them.
        where: Where jobs compute.
    """
    common = shared(study, data, lessons, where)
    spool = Spool(home.study(study.name).spool.resolve())
    ledger = Ledger(home.ledger)
    return Setting(study, Path(data["path"]), common, common["limits"], spool, ledger, where.workers)
