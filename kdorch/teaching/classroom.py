"""What a teacher may use to make itself ready."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from kdorch.discovery import installed
from kdorch.errors import TrainingError
from kdorch.kinds import Batch, Direction, Student, Task
from kdorch.study import Train
from kdorch.teaching.store import digest
from kdorch.training.building import SAMPLE, build, seed
from kdorch.training.course import Course
from kdorch.training.device import home, rows_there, there
from kdorch.training.loop import fit
from kdorch.training.objective import Objective
from kdorch.training.probe import Probe
from kdorch.training.rows import Rows, Some, open_rows
from kdorch.training.threads import torch_threads

_ALL = 2**63  # bytes: everything in memory


@dataclass
class Diary:
    """What was done for a teacher, and what there is to say about it."""

    epochs_trained: int = 0
    notes: list[str] = field(default_factory=list)


@dataclass
class Classroom:
    """What a teacher may use to make itself ready (see ``kdorch.Lessons``).

    Attributes:
        task: What it is to answer.
        data: Directory of the stored dataset.
        seed: Initial weights and order of the rows.
        score: The task's score that chooses the best epoch of a network.
        budget: Bytes of rows that may be held in memory.
        tracking_uri: The MLflow server or database of the study; empty where there is none.
        raw: What returns rows as the dataset ships them, by their ids; None for a teacher that needs none.
        shown: Positions of the training rows that are shown; all by default.
        checkpoints: Where long trainings keep how far they are; None for nowhere.
        diary: Where it is written down.
    """

    task: Task
    data: Path
    seed: int
    score: tuple[str, Direction]
    budget: int
    tracking_uri: str = ""
    raw: Callable[[Tensor], Tensor] | None = None
    shown: Tensor | None = None
    checkpoints: Path | None = None
    diary: Diary = field(default_factory=Diary)

    @cached_property
    def train(self) -> Batch:
        """All training rows, or those outside a fold."""
        return self._whole("train")

    @cached_property
    def validation(self) -> Batch:
        """All validation rows."""
        return self._whole("validation")

    def _whole(self, split: str) -> Batch:
        rows = self._open(split, _ALL)
        batch, _ = next(rows.batches(len(rows)))
        return batch if self.raw is None else replace(batch, raw=self.raw(batch.rows))

    def _open(self, split: str, budget: int) -> Rows:
        rows = open_rows(self.data, split, None, budget=budget)
        return Some(rows, self.shown) if split == "train" and self.shown is not None else rows

    def ids(self, split: str) -> Tensor:
        """Return the row ids of a split; of the test rows nothing else is read."""
        ids = torch.from_numpy(np.load(self.data / split / "rows.npy"))
        return ids if split != "train" or self.shown is None else ids[self.shown]

    def fit(self, network: Student, *, epochs: int, batch: int, lr: float) -> dict[str, Tensor]:
        """Train a network on the labels with our own loop; return its best weights.

        Raises:
            TrainingError: If the network does not fit the data, or diverges.
        """
        train, validation = (self._open(split, self.budget) for split in ("train", "validation"))
        settings, role = Train(epochs=epochs, batch=batch, lr=lr), "the teacher's network"
        count, gain = Probe(network, self.task, train, validation, settings, self.score, role).threads()
        if count > 1:
            self.note(f"trained on {count} threads, {gain:.1f} times as fast as on one")
        train, validation = rows_there(train), rows_there(validation)
        sample, _ = home(next(validation.batches(SAMPLE)))
        seed(self.seed)
        module, shown = build(network, self.task, sample, role=role)
        objective = Objective({"task": installed().find("loss", "task")()}, self.task, shown, None)  # type: ignore[dict-item]
        try:
            with torch_threads(count):
                fit(
                    there(module),
                    objective,
                    [train],
                    validation,
                    self.task,
                    settings,
                    seed=self.seed,
                    score=self.score,
                    course=Course(self._checkpoint(network, settings)),
                )
        except TrainingError as error:
            raise TrainingError(f"the teacher {error}") from error
        self.diary.epochs_trained += epochs
        return home(module).state_dict()

    def _checkpoint(self, network: Student, settings: Train) -> Path | None:
        """Return where a training keeps how far it is: a name for all that decides its digits."""
        if self.checkpoints is None:
            return None
        shown = "" if self.shown is None else sha256(self.shown.numpy().tobytes()).hexdigest()
        threads, student = torch.get_num_threads(), [network.name, network.model_dump(mode="json")]
        own = [torch.__version__, threads, self.seed, shown, student, settings.model_dump(mode="json")]
        return self.checkpoints / f"{digest(own)}.pt"

    def under(self, seed: int) -> Classroom:
        """Return the same lessons under another seed."""
        return replace(self, seed=seed)

    def showing(self, positions: Tensor) -> Classroom:
        """Return the same lessons with these training rows alone."""
        return replace(self, shown=positions)

    def note(self, fact: str) -> None:
        """Write down a fact about the teacher, once."""
        if fact not in self.diary.notes:
            self.diary.notes.append(fact)
