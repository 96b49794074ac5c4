"""What training a teacher's network will cost here, from a few steps of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from torch import nn

from kdorch.discovery import installed
from kdorch.kinds import Direction, Loss, Output, Student, Task
from kdorch.study import Train
from kdorch.training.building import SAMPLE, build, seed
from kdorch.training.device import on_its_device, rows_there, there
from kdorch.training.loop import fit
from kdorch.training.objective import Objective
from kdorch.training.rows import Rows, head, open_rows
from kdorch.training.threads import quickest, torch_threads

_STEPS = 8
_FEW = 2  # to choose the number of threads by


class Probe:
    """A training of a network on the labels, of which a few steps are done.

    Args:
        student: The network.
        task: What it learns.
        train: Rows to learn from.
        validation: Rows that choose the best epoch.
        settings: Of the whole training.
        score: The task's score that chooses the best epoch, and which way is better.
        role: What the network is, for messages.

    Attributes:
        network: The network, in evaluation mode.
        shown: Its answer to a few rows.

    Raises:
        TrainingError: If the network does not fit the data.
    """

    def __init__(
        self,
        student: Student,
        task: Task,
        train: Rows,
        validation: Rows,
        settings: Train,
        score: tuple[str, Direction],
        role: str = "student",
    ) -> None:
        batch, _told = next(validation.batches(SAMPLE))
        seed(0)
        self.network: nn.Module
        self.shown: Output
        self.network, self.shown = build(student, task, batch, role=role)
        self._task, self._score, self._settings = task, score, settings
        self._train, self._validation = train, validation
        there(self.network)

    def seconds(self, steps: int = _STEPS) -> float:
        """Return how long the whole training takes, validation included, from so many steps of it."""
        count = len(self._train)
        share = min(1.0, steps * self._settings.batch / count)
        train, validation = (
            rows_there(head(split, math.ceil(share * len(split))))
            for split in (self._train, self._validation)
        )
        once = self._settings.model_copy(update={"epochs": 1, "lr": 1e-6})  # too slow to diverge
        supervised = cast("Loss", installed().find("loss", "task")())
        objective = Objective({"task": supervised}, self._task, self.shown, None)
        fitted = fit(
            self.network, objective, [train], validation, self._task, once, seed=0, score=self._score
        )
        return self._settings.epochs * fitted.seconds / share

    def threads(self) -> tuple[int, float]:
        """Return with how many threads it is quickest, and how much quicker than with one."""
        return quickest(lambda: self.seconds(_FEW))


@on_its_device
def run(spec: Mapping[str, Any], _: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Train a network on the labels for a few steps, with the machine to itself; what a worker runs.

    Args:
        spec: ``data`` (stored directory), ``task``, ``network``, ``train``, ``score`` (name, direction) and
            ``budget`` (bytes of rows to hold in memory).

    Returns:
        ``seconds`` of the whole training, validation included, with as many threads as are quickest, and
        ``features``: how many numbers each has for one row.

    Raises:
        TrainingError: If the network does not fit the data.
    """
    plugins, data = installed(), Path(spec["data"])
    train, validation = (
        open_rows(data, split, None, budget=spec["budget"]) for split in ("train", "validation")
    )
    probe = Probe(
        plugins.part("student", spec["network"]),
        plugins.part("task", spec["task"]),
        train,
        validation,
        Train(**spec["train"]),
        tuple(spec["score"]),
    )
    with torch_threads(probe.threads()[0]):
        probe.seconds(_FEW)  # imports what the first optimiser of a process needs
        seconds = probe.seconds()
    features = {name: feature[0].numel() for name, feature in probe.shown.features.items()}
    return {"seconds": seconds, "features": features}
