"""How a study's students are trained quickest here: what a few steps of them say. It needs no teacher."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from statistics import fmean
from typing import Any

import torch

from kdorch.errors import TrainingError
from kdorch.training.alone import fit_alone, short
from kdorch.training.blind import blind
from kdorch.training.device import on_its_device
from kdorch.training.prepared import Prepared
from kdorch.training.stack import Unstackable, fit_stacked, likeness
from kdorch.training.threads import quickest, torch_threads

_TRIES = 2
_PAYS = 0.9  # of the time of one by one: less is within what a busy machine does to a few steps


@on_its_device
def run(spec: Mapping[str, Any], _: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Train some students for a few steps, alone and in a stack of copies; what a worker runs.

    Args:
        spec: As `kdorch.training.trial.run` takes it, without a teacher; ``trials`` are those at the ends of
            the search space. Besides, ``rows``: how many are trained on, None for all; ``stack``: the size of
            a stack to try, 1 for none; and ``alone``: the seconds of the whole training of those that were
            tried before, by name, which are as good as another try where nothing is compared with them.

    Returns:
        ``alone`` and ``stacked``: the seconds that the whole training takes on one thread, validation
        included, of each student that can be trained; ``against``: why some cannot be stacked, and take as
        long as alone; ``pays``: whether a stack does; ``threads`` and ``gain``: as many as this job has if
        that pays, else 1, and how many times as fast it is; and ``bytes`` of the largest one's weights.
    """
    known = spec["alone"] if torch.get_num_threads() == 1 else {}  # else it is compared with several threads
    with torch_threads(1):
        trials = list(blind(spec))
        tried = [_Student(each, spec["rows"], spec["stack"], known.get(each.name)) for each in trials]
        students = [each for each in tried if each.measure()]
    alone, stacked = [each.alone for each in students], [each.stacked for each in students]
    pays = sum(stacked) < _PAYS * sum(alone)
    threads, gain = 1, 1.0
    if students:
        one = fmean(stacked if pays else alone)
        threads, gain = quickest(lambda: fmean(each.once(stacked=pays) for each in students), one)
    return {
        "alone": alone,
        "stacked": stacked,
        "against": list(dict.fromkeys(each.against for each in students if each.against)),
        "pays": pays,
        "threads": threads,
        "gain": gain,
        "bytes": max((_bytes(each) for each in trials), default=0),
    }


class _Student:
    """A student that is tried.

    Args:
        trial: Its trial.
        rows: How many rows it is trained on; None for all.
        size: Of the stack of copies that is tried; 1 for none.
        known: Seconds of the whole training by itself, if they were measured with others on the machine.

    Attributes:
        alone: Seconds of the whole training by itself.
        stacked: The same of one in the stack; by itself if there can be none.
        against: Why there can be none; empty if it can be.
    """

    def __init__(self, trial: Prepared, rows: int | None, size: int, known: float | None) -> None:
        few = short(trial)  # each try trains it anew, and moves its weights by nothing
        self._times = trial.settings.epochs * (rows or len(trial.train[0])) / len(few.train[0])
        self._lot = [few, *(_copy(few) for _ in range(size - 1))]
        self._known = known
        self.alone = self.stacked = 0.0
        self.against = ""

    def measure(self) -> bool:
        """Try it alone and in the stack; return whether it can be trained at all."""
        try:
            self.against = _against(self._lot[0])
            known = self._known if self.against else None
            self.alone = self.stacked = known or self._least(stacked=False)
            if len(self._lot) > 1 and not self.against:
                self.stacked = self._least(stacked=True)
        except TrainingError:
            return False
        except Unstackable as reason:
            self.against = str(reason)
        return True

    def _least(self, *, stacked: bool) -> float:
        # Others on the machine only ever add to what it takes.
        return min(self.once(stacked=stacked) for _ in range(_TRIES))

    def once(self, *, stacked: bool) -> float:
        """Return the seconds of the whole training in the stack, or alone, from one try."""
        started = time.perf_counter()
        if stacked and not self.against:
            fit_stacked(self._lot)
            return self._times * (time.perf_counter() - started) / len(self._lot)
        fit_alone(self._lot[0])
        return self._times * (time.perf_counter() - started)


def _against(trial: Prepared) -> str:
    """Return why a trial can be in no stack; nothing if it can be tried."""
    try:
        likeness(trial)
    except Unstackable as reason:
        return str(reason)
    return ""


def _copy(trial: Prepared) -> Prepared:
    return replace(trial, subject=replace(trial.subject, network=deepcopy(trial.network)))


def _bytes(trial: Prepared) -> int:
    return sum(tensor.nbytes for tensor in trial.network.state_dict().values())
