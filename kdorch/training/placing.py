"""How a study's students are trained quickest here: what a few steps of them say. It needs no teacher."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from functools import partial
from statistics import fmean
from typing import Any

from kdorch.discovery import installed
from kdorch.errors import TrainingError
from kdorch.training.alone import fit_alone, short
from kdorch.training.comparing import compare, computed
from kdorch.training.device import on_its_device
from kdorch.training.prepared import Bench, Infeasible, Prepared
from kdorch.training.stack import Unstackable, fit_stacked, likeness
from kdorch.training.threads import quickest, torch_threads

_TRIES = 2
_PAYS = 0.9  # of the time of one by one: less is within what a busy machine does to a few steps
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
        ``alone`` and ``stacked``: the seconds that the whole training takes on one thread, validation
        included, of each student that can be trained; ``against``: why some cannot be stacked, and take as
        long as alone; ``stack``: the size if it pays, else 1; ``threads`` and ``gain``: as many as this job
        has if that pays, else 1, and how many times as fast it is; ``bytes`` of the largest one's weights;
        and ``numerics``, as `compare` tells; empty where there is nothing to compare.
    """
    with torch_threads(1):
        trials = list(_prepared(spec))
        numerics = compare(trials) if spec["compare"] else {}
        tried = [_Student(computed(each, numerics), spec["rows"]) for each in trials]
        students = [each for each in tried if each.measure(spec["stack"])]
    alone, stacked = [each.alone for each in students], [each.stacked for each in students]
    stack = spec["stack"] if sum(stacked) < _PAYS * sum(alone) else 1
    threads, gain = _threads(students, stack) if students else (1, 1.0)
    return {
        "alone": alone,
        "stacked": stacked,
        "against": list(dict.fromkeys(each.against for each in students if each.against)),
        "stack": stack,
        "threads": threads,
        "gain": gain,
        "bytes": max((_bytes(each) for each in trials), default=0),
        "numerics": numerics,
    }


def _threads(students: Sequence[_Student], stack: int) -> tuple[int, float]:
    """Return with how many threads they are quickest, placed so, and how many times as fast as with one."""
    one = fmean(each.alone if stack == 1 else each.stacked for each in students)
    return quickest(lambda: fmean(each.once(stack) for each in students), one)


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


class _Student:
    """A student that is tried.

    Args:
        trial: Its trial.
        rows: How many rows it is trained on; None for all.

    Attributes:
        alone: Seconds of the whole training by itself.
        stacked: The same of one in a stack of copies; by itself if there can be none.
        against: Why there can be none; empty if there can.
    """

    def __init__(self, trial: Prepared, rows: int | None) -> None:
        self._few = short(trial)  # training is begun anew by each try, and moves its weights by nothing
        self._times = trial.settings.epochs * (rows or len(trial.train[0])) / len(self._few.train[0])
        self.alone = self.stacked = 0.0
        self.against = ""

    def measure(self, size: int) -> bool:
        """Try it alone and in a stack of this size; return whether it can be trained at all."""
        try:
            self.alone = self.stacked = self._least(1)
            likeness(self._few)
            self.stacked = self._least(size) if size > 1 else self.alone
        except TrainingError:
            return False
        except Unstackable as reason:
            self.against = str(reason)
        return True

    def _least(self, size: int) -> float:
        # Others on the machine only ever add to what it takes.
        return min(self.once(size) for _ in range(_TRIES))

    def once(self, size: int) -> float:
        """Return the seconds of the whole training in a stack of copies, or alone, from one try."""
        one = size == 1 or self.against
        train = partial(fit_alone, self._few) if one else partial(fit_stacked, self._copies(size))
        started = time.perf_counter()
        train()
        return self._times * (time.perf_counter() - started) / (1 if one else size)

    def _copies(self, size: int) -> list[Prepared]:
        subject = self._few.subject
        networks = [deepcopy(subject.network) for _ in range(size)]
        return [replace(self._few, subject=replace(subject, network=each)) for each in networks]


def _bytes(trial: Prepared) -> int:
    return sum(tensor.nbytes for tensor in trial.network.state_dict().values())
