"""Datasets, students and teachers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar, Protocol

from kdorch.kinds.task import Task
from kdorch.kinds.values import Batch, Columns, Output
from kdorch.spec import Spec

if TYPE_CHECKING:
    from torch import Tensor, nn


class Dataset(Spec):
    """Rows to learn from; the core splits them."""

    kind: ClassVar[str] = "dataset"

    def load(self) -> Columns:
        """Return all rows as the source ships them; called once per study, never inside a trial.

        Raises:
            DataError: If the source is missing or malformed.
        """
        raise NotImplementedError

    def task_name(self) -> str:
        """Return the name of the task that its columns come with: the one that the class is declared for."""
        return next(iter(self.tasks))

    def preprocess(self, inputs: Tensor) -> nn.Module:
        """Return the arithmetic from raw inputs to what networks take, fitted on training rows.

        It becomes part of the shipped model, so what it learns from ``inputs`` must live in buffers.
        """
        raise NotImplementedError


class Student(Spec):
    """A network to train."""

    kind: ClassVar[str] = "student"

    def build(self, task: Task) -> nn.Module:
        """Return the network with fresh weights: batch of ``task.input_shape`` to ``task.outputs`` logits."""
        raise NotImplementedError


class Lessons(Protocol):
    """What a teacher may use to make itself ready."""

    task: Task
    seed: int

    @property
    def train(self) -> Batch:
        """All training rows."""

    @property
    def validation(self) -> Batch:
        """All validation rows."""

    def fit(self, network: Student, *, epochs: int, batch: int, lr: float) -> dict[str, Tensor]:
        """Train a network on the labels with our own loop; return its best weights."""


class Teacher(Spec):
    """A model to imitate. It runs once per row; its outputs are stored and every trial reads them.

    Class attributes:
        foreign: It was made elsewhere, perhaps from rows that are now in the test split.
    """

    kind: ClassVar[str] = "teacher"
    foreign: ClassVar[bool] = False

    def fit(self, lessons: Lessons) -> dict[str, Tensor]:
        """Make the teacher ready once; return the state to store. Nothing by default."""
        return {}

    def homework(self) -> tuple[Student, dict[str, float]] | None:
        """Return the network that ``fit`` trains, and what it gives ``lessons.fit``, to estimate its time."""
        return None

    def build(self, task: Task, state: Mapping[str, Tensor]) -> Callable[[Batch], Output]:
        """Return what answers a batch, from the stored state."""
        raise NotImplementedError

    def parameters(self, task: Task, state: Mapping[str, Tensor]) -> int:
        """Return how many parameters it has, to tell students' sizes by; 0, the default, if nobody knows."""
        return 0
