"""The teacher, made ready once; what it says about each row is stored and read by every trial."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from kdorch.discovery import installed
from kdorch.errors import TrainingError
from kdorch.kinds import Batch, Direction, Student, Task, Teacher
from kdorch.study import Train
from kdorch.teaching.answers import answer_all
from kdorch.teaching.store import Entry, Store
from kdorch.training.building import SAMPLE, build, seed
from kdorch.training.loop import fit
from kdorch.training.objective import Objective
from kdorch.training.rows import open_rows
from kdorch.training.weights import storable

ALGORITHM = 4  # raise it when the same teacher would come out different


class Classroom:
    """What a teacher may use to make itself ready (see ``kdorch.Lessons``)."""

    def __init__(self, task: Task, data: Path, seed: int, score: tuple[str, Direction], budget: int) -> None:
        self.task, self.seed = task, seed
        self._data, self._score, self._budget = data, score, budget
        self.epochs_trained = 0

    @cached_property
    def train(self) -> Batch:
        """All training rows."""
        return _whole(self._data, "train")

    @cached_property
    def validation(self) -> Batch:
        """All validation rows."""
        return _whole(self._data, "validation")

    def fit(self, network: Student, *, epochs: int, batch: int, lr: float) -> dict[str, Tensor]:
        """Train a network on the labels with our own loop; return its best weights.

        Raises:
            TrainingError: If the network does not fit the data, or diverges.
        """
        rows = [open_rows(self._data, split, None, budget=self._budget) for split in ("train", "validation")]
        sample, _ = next(rows[1].batches(SAMPLE))
        seed(self.seed)
        module, shown = build(network, self.task, sample, role="the teacher's network")
        objective = Objective({"task": installed().find("loss", "task")()}, self.task, shown, None)  # type: ignore[dict-item]
        settings = Train(epochs=epochs, batch=batch, lr=lr)
        try:
            fit(module, objective, rows[0], rows[1], self.task, settings, seed=self.seed, score=self._score)
        except TrainingError as error:
            raise TrainingError(f"the teacher {error}") from error
        self.epochs_trained += epochs
        return module.state_dict()


def _whole(data: Path, split: str) -> Batch:
    rows = open_rows(data, split, None, budget=2**63)
    batch, _ = next(rows.batches(len(rows)))
    return batch


def make_ready(
    store: Store,
    teacher: Teacher,
    origin: str,
    data: Path,
    *,
    seed: int,
    score: tuple[str, Direction],
    budget: int,
    metrics: Sequence[str] = (),
    features: bool = False,
) -> Entry:
    """Train or load the teacher and store its state and its answers to training and validation rows, once.

    Args:
        store: Where to store them.
        teacher: The teacher.
        origin: Who offers it and its network (`Plugins.origins`).
        data: Directory of the stored dataset.
        seed: Initial weights and order of the rows.
        score: The task's score that chooses its best epoch.
        budget: Bytes of rows that may be held in memory.
        metrics: Further scores, by their torchmetrics names; one may be the one that chooses.
        features: Store its features beside its logits, because a loss needs them.

    Raises:
        DataError: If its answers are not finite, or its logits not of the task's shape.
    """
    key = {
        "teacher": teacher.store_key(),
        "origin": origin,
        "data": data.name,
        "seed": seed,
        "score": list(score),
        "algorithm": ALGORITHM,
    } | ({"features": True} if features else {})

    def write(folder: Path) -> dict[str, Any]:
        return _write(folder, teacher, classroom, data, budget, features)

    classroom = Classroom(stored_task(data, metrics), data, seed, score, budget)
    return store.make(
        "teacher", key, lambda folder: _write(folder, teacher, classroom, data, budget, features)
    )


def _write(
    folder: Path, teacher: Teacher, classroom: Classroom, data: Path, budget: int, features: bool
) -> dict[str, Any]:
    started, task = time.perf_counter(), classroom.task
    state = teacher.fit(classroom)
    save_file(storable(state), folder / "state.safetensors")
    answers = teacher.build(task, state)
    rows = sum(
        answer_all(folder / split, answers, task, data, budget, features=features)
        for split in ("train", "validation")
    )
    return {
        "epochs_trained": classroom.epochs_trained,
        "rows_evaluated": rows,
        "params": teacher.parameters(task, state),
        "seconds": time.perf_counter() - started,
    }


def read_test(store: Store, teacher: Teacher, entry: Path, data: Path, budget: int) -> Entry:
    """Store the teacher's logits for the test rows, once; only confirmed students ask for them."""
    key = {"teacher": entry.name, "data": data.name, "split": "test", "algorithm": ALGORITHM}

    def write(folder: Path) -> dict[str, Any]:
        task = stored_task(data)
        answers = teacher.build(task, load_file(entry / "state.safetensors"))
        return {"rows_evaluated": answer_all(folder / "test", answers, task, data, budget)}

    return store.make("teacher", key, write)


def scores(entry: Path, data: Path, split: str, metrics: Sequence[str] = ()) -> dict[str, float]:
    """Return the scores of a teacher's stored logits on one split; metrics by their torchmetrics names."""
    task = stored_task(data, metrics)
    logits, targets = (
        torch.from_numpy(np.load(folder / split / name))
        for folder, name in ((entry, "logits.npy"), (data, "targets.npy"))
    )
    return {name: task.score(name, logits, targets) for name in (*task.directions, *task.metrics)}


def stored_task(data: Path, metrics: Sequence[str] = ()) -> Task:
    """Return the task of a stored dataset, with further scores by their torchmetrics names."""
    facts = json.loads((data / "manifest.json").read_text())["facts"]
    return installed().part("task", facts["task"] | {"metrics": list(metrics)})  # type: ignore[no-any-return]
