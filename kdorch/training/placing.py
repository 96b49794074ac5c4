"""How a study's students are trained quickest here: what a few steps of them say. It needs no teacher."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from kdorch.discovery import installed
from kdorch.errors import TrainingError
from kdorch.training.alone import fit_alone, short
from kdorch.training.comparing import compare, computed
from kdorch.training.device import on_its_device
from kdorch.training.prepared import Bench, Infeasible, Prepared
from kdorch.training.stack import Unstackable, fit_stacked, likeness
from kdorch.training.threads import torch_threads

_TRIES = 2
_LABELS = {"task": {"use": "task"}}


@on_its_device
def run(spec: Mapping[str, Any], _: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Train some students for a few steps, alone and in a stack of copies; what a worker runs.

    Noise stands in for what the teacher says, and losses that read its features are left out.

    Args:
        spec: As `kdorch.training.trial.run` takes it, without a teacher; ``trials`` are those at the ends of
            the search space. Besides, ``rows``: how many are trained on, None for all; ``stack``: the size of
            a stack to try, 1 for none; and ``compare``: whether to find out which numerics are quickest.

    Returns:
        ``alone`` and ``stacked``: the seconds that the whole training takes, validation included, of each
        student that can be trained; ``against``: why some cannot be stacked, and take as long as alone;
        ``bytes`` of the largest one's weights; and ``numerics``, as `compare` tells; empty where there is
        nothing to compare.
    """
    found: dict[str, list[Any]] = {"alone": [], "stacked": [], "against": [], "bytes": [0]}
    with torch_threads(1):
        trials = list(_prepared(spec))
        numerics = compare(trials) if spec["compare"] else {}
        for trial in trials:
            with suppress(TrainingError):
                tried = _Try.of(computed(trial, numerics), spec["rows"])
                alone = tried.alone()
                found["stacked"].append(tried.stacked(spec["stack"], alone))
                found["alone"].append(alone)
                found["against"] += [tried.against] if tried.against else []
                found["bytes"].append(_bytes(trial))
    against = list(dict.fromkeys(found["against"]))
    return found | {"against": against, "bytes": max(found["bytes"]), "numerics": numerics}


def _prepared(spec: Mapping[str, Any]) -> Iterator[Prepared]:
    """Yield each trial that can be prepared; the others will tell themselves."""
    bench, plugins = Bench({**spec, "teacher": None, "supposed": True, "limits": []}), installed()
    for trial in spec["trials"]:
        blind = {
            label: loss
            for label, loss in trial["losses"].items()
            if "features" not in plugins.part("loss", loss).needs
        }
        with suppress(Infeasible, TrainingError):
            prepared = bench.prepare({**trial, "losses": blind or _LABELS, "recall": None})
            if blind != trial["losses"]:
                prepared.objective.closed = False  # features have a gradient of their own
            yield prepared


@dataclass
class _Try:
    """A few steps of a trial.

    Attributes:
        few: The trial, cut short.
        times: How many times as long the whole training is.
        against: Why it cannot be in a stack; empty if it can.
    """

    few: Prepared
    times: float
    against: str = ""

    @classmethod
    def of(cls, trial: Prepared, rows: int | None) -> _Try:
        few = short(trial)
        found = cls(few, trial.settings.epochs * (rows or len(trial.train[0])) / len(few.train[0]))
        try:
            likeness(trial)
        except Unstackable as reason:
            found.against = str(reason)
        return found

    def alone(self) -> float:
        """Return the seconds of the whole training."""
        return self.times * _least(lambda: fit_alone(self.few))

    def stacked(self, size: int, alone: float) -> float:
        """Return the same of one in a stack of copies, and what it takes alone if there can be none."""
        if size == 1 or self.against:
            return alone
        subject = self.few.subject
        copies = [replace(subject, network=deepcopy(subject.network)) for _ in range(size)]
        lot = [replace(self.few, subject=each) for each in copies]
        try:
            return self.times * _least(lambda: fit_stacked(lot)) / size
        except Unstackable as reason:
            self.against = str(reason)
            return alone


def _least(train: Callable[[], Any]) -> float:
    """Return the least that a few tries take: others on the machine only ever add to it."""
    found = math.inf
    for _ in range(_TRIES):
        started = time.perf_counter()
        train()
        found = min(found, time.perf_counter() - started)
    return found


def _bytes(trial: Prepared) -> int:
    return sum(tensor.nbytes for tensor in trial.network.state_dict().values())
