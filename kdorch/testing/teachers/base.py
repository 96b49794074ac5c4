"""What the checks of teachers are made with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import torch
from safetensors.torch import load, save
from torch import Tensor

from kdorch.kinds import Batch, Dataset, Output, Teacher
from kdorch.study import Split
from kdorch.teaching.classroom import Classroom
from kdorch.teaching.data import prepare
from kdorch.teaching.raw import RawRows, hearing
from kdorch.teaching.store import Store
from kdorch.teaching.teacher import stored_task
from kdorch.testing.contract import Contract
from kdorch.testing.process import watched
from kdorch.testing.samples import TASKS, chosen
from kdorch.testing.says import explained, need_files
from kdorch.testing.teachers.rows import MadeUp
from kdorch.training.weights import storable

_BUDGET = 2**30
_KEPT: list[TemporaryDirectory[str]] = []  # until the process ends: classrooms read from them


@dataclass(frozen=True)
class Ready:
    """A teacher that was made ready.

    Attributes:
        teacher: As it was settled.
        classroom: What it learnt from.
        state: What it returned.
    """

    teacher: Teacher
    classroom: Classroom
    state: dict[str, Tensor]


_READY: dict[Any, Ready] = {}


class TeacherChecks(Contract):
    """Names one teacher; the checks are in the classes made of this one.

    Class attributes:
        teacher: The teacher.
        dataset: Rows to make it ready with.
        tracking_uri: The MLflow server or database that it may ask.
    """

    kind: ClassVar[str] = "teacher"
    teacher: Teacher
    dataset: Dataset | None = None
    tracking_uri: str = ""

    @property
    def _teacher(self) -> Teacher:
        assert isinstance(self.spec, Teacher)  # noqa: S101  that is what `spec` makes sure of
        return self.spec

    def rows(self) -> Dataset:
        """Return the dataset, or made-up rows of the first task that it suits."""
        suits = (name for name in TASKS if not self._teacher.tasks or name in self._teacher.tasks)
        return self.dataset or MadeUp(learns=next(suits, "classification"))

    def classroom(self) -> Classroom:
        """Return a new classroom; its rows are stored once."""
        rows = self.rows()
        data = _stored(rows)
        task = stored_task(data)
        raw = RawRows(rows) if self._teacher.raw else None
        score = next(iter(task.directions.items()))
        return Classroom(task, data, 0, score, _BUDGET, self.tracking_uri, raw)

    def fitted(self) -> Ready:
        """Return the teacher made ready again."""
        need_files(self._teacher, self.rows())
        classroom = self.classroom()
        with explained(
            f"{self.who} cannot be made ready",
            why="a study could not begin.",
            do="where it needs other rows than made-up images of 8 x 8, set `dataset` in the test.",
        ):
            teacher = self._teacher.settled(classroom)
            return Ready(teacher, classroom, fit(teacher, classroom))

    @property
    def ready(self) -> Ready:
        """The teacher made ready, once for all checks."""
        key = (type(self), type(self.spec), self.spec.model_dump_json())
        if key not in _READY:
            _READY.clear()
            _READY[key] = self.fitted()
        return _READY[key]

    def stored(self) -> Mapping[str, Tensor]:
        """Return its state as it comes from the store."""
        with explained(
            f"{self.who}: its state cannot be stored",
            why="it is made ready once, and read from safetensors ever after.",
            do="return from `fit` a dict of names to tensors, empty if there is nothing to keep.",
        ):
            stored: dict[str, Tensor] = load(save(storable(self.ready.state)))
            return stored

    def answering(self, teacher: Teacher | None = None) -> Callable[[Batch], Output]:
        """Return what answers a batch without a graph, built from the stored state."""
        with explained(
            f"{self.who} cannot be built from its state",
            why="every study that uses it again builds it from what is stored.",
            do="put all that `build` needs into fields, or into what `fit` returns.",
        ):
            answer = (teacher or self.ready.teacher).build(self.ready.classroom.task, self.stored())
        return torch.no_grad()(hearing(self.ready.classroom.raw, answer))

    def heard(self) -> Batch:
        """Return some rows as they reach a teacher, raw ones included where it takes them."""
        batch, raw = self.batch(), self.ready.classroom.raw
        return batch if raw is None else replace(batch, raw=raw(batch.rows))

    def batch(self, rows: int = 7, start: int = 0) -> Batch:
        """Return some validation rows."""
        return chosen(self.ready.classroom.validation, slice(start, start + rows))

    def splits(self) -> tuple[Batch, Batch]:
        """Return all training and all validation rows, as copies."""
        classroom = self.ready.classroom
        return chosen(classroom.train, slice(None)), chosen(classroom.validation, slice(None))


def fit(teacher: Teacher, classroom: Classroom) -> dict[str, Tensor]:
    """Make the teacher ready; what that changes in the process is put back."""
    with watched():
        return teacher.fit(classroom)


def close(one: Tensor, other: Tensor) -> bool:
    """Say whether answers are the same but for rounding: other batch sizes use other kernels."""
    return one.shape == other.shape and torch.allclose(one, other, rtol=1e-3, atol=1e-4)


@cache
def _stored(dataset: Dataset) -> Path:
    _KEPT.append(TemporaryDirectory(prefix="kdorch-contract-"))
    return prepare(Store(Path(_KEPT[-1].name)), dataset, "the contract", Split()).path
