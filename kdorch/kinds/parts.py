"""Datasets, students and teachers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol, Self

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
        """Return the network with fresh weights, from ``task.input_shape`` to ``task.output_shape``."""
        raise NotImplementedError


class Lessons(Protocol):
    """What a teacher may use to make itself ready.

    Attributes:
        task: What it is to answer.
        seed: Of everything random.
        tracking_uri: The MLflow server or database of the study; empty where there is none.
    """

    task: Task
    seed: int
    tracking_uri: str

    @property
    def train(self) -> Batch:
        """All training rows, or those outside a fold."""

    @property
    def validation(self) -> Batch:
        """All validation rows."""

    def ids(self, split: str) -> Tensor:
        """Return the row ids of ``train``, ``validation`` or ``test``, int64.

        Of the test rows nothing else is shown.
        """

    def fit(self, network: Student, *, epochs: int, batch: int, lr: float) -> dict[str, Tensor]:
        """Train a network on the labels with our own loop; return its best weights."""

    def under(self, seed: int) -> Lessons:
        """Return the same lessons under another seed, for one of several networks."""

    def note(self, fact: str) -> None:
        """Have a fact about the teacher told whenever the study runs, in a few words."""


class Teacher(Spec):
    """A model to imitate. It runs once per row; its outputs are stored and every trial reads them.

    Class attributes:
        recalled: Names of the fields that act in `recall` alone: what is stored does not depend on them, so
            that a study may search them.
    """

    kind: ClassVar[str] = "teacher"
    recalled: ClassVar[frozenset[str]] = frozenset()

    @property
    def foreign(self) -> bool:
        """Whether it was made elsewhere, perhaps from rows that are now in the test split."""
        return False

    @property
    def raw(self) -> bool:
        """Whether its batches carry the rows as the dataset ships them, too, as ``batch.raw``."""
        return False

    @property
    def by_rows(self) -> bool:
        """Whether it knows its answers by row id, whatever the inputs are: it has none to changed rows."""
        return False

    def folds(self) -> int:
        """Return K to have K teachers answer the training rows, each those it has not seen; else 0.

        Validation and test rows are answered by a teacher who has seen all training rows.
        """
        return 0

    def keeps(self) -> frozenset[str]:
        """Return the features that are stored with its logits whether a loss needs them or not."""
        return frozenset()

    def settled(self, lessons: Lessons) -> Self:
        """Return the teacher with all that may change elsewhere as it is now, such as a version for an alias.

        What it returns is made ready, and names what is stored.
        """
        return self

    def fit(self, lessons: Lessons) -> dict[str, Tensor]:
        """Make the teacher ready once; return the state to store. Nothing by default."""
        return {}

    def homework(self) -> Sequence[tuple[Student, dict[str, float]]]:
        """Return the networks that ``fit`` trains, each with what ``lessons.fit`` gets, to tell the time."""
        return ()

    def build(self, task: Task, state: Mapping[str, Tensor]) -> Callable[[Batch], Output]:
        """Return what answers a batch, from the stored state."""
        raise NotImplementedError

    def recall(self, task: Task, told: Output) -> Output:
        """Return what a trial is told, from what was stored: the logits, and the features that it `keeps`.

        Here act the fields named in `recalled`, as each trial sets them.
        """
        return told

    def parameters(self, task: Task, state: Mapping[str, Tensor]) -> int:
        """Return how many parameters it has, to tell students' sizes by; 0, the default, if nobody knows."""
        return 0
