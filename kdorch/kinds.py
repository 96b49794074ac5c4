"""The kinds of plugin, and the values that pass between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Protocol, Self

from pydantic import Field

from kdorch.spec import Spec

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

Direction = Literal["max", "min"]


@dataclass
class Output:
    """What a network returns; a network that returns a tensor returns its logits.

    Attributes:
        logits: Predictions before any activation, shape (rows, outputs); real values for regression.
        features: Intermediate maps by name, batch first.
    """

    logits: Tensor
    features: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass
class Batch:
    """Some rows of a split.

    Attributes:
        inputs: What the network takes, batch first.
        targets: The labels, batch first.
        rows: Stable row ids, int64, shape (rows,).
        labelled: Which rows have a label, bool, shape (rows,); None if all have.
    """

    inputs: Tensor
    targets: Tensor
    rows: Tensor
    labelled: Tensor | None = None


@dataclass(frozen=True)
class Columns:
    """A dataset as it ships: raw inputs, targets, and what is to be learnt from them.

    At most one of ``parts``, ``groups`` and ``times`` says how rows are divided; without, they are at random.

    Attributes:
        inputs: Raw inputs, row first, in the type and range the source ships. What does not fit in memory is
            a memory map, or anything with ``len``, ``dtype``, ``shape`` and rows chosen by an integer array.
        targets: Labels, row first.
        task: What is to be learnt.
        rows: Stable row ids, int64; their order in the source by default.
        labelled: Which rows have a label, bool; the others are trained on, for what the teacher says of them,
            unless they belong to a part, group or time that is held out.
        parts: The split of each row: ``train``, ``validation`` or ``test``.
        groups: Rows of one group stay together, as those of one patient must.
        times: The newest rows become the test, those before them the validation.
        legend: What each column of a table is, for whoever calls the shipped model: mappings with ``name``,
            ``type`` (``number`` or ``category``) and, where codes stand for words, ``categories`` in the
            order of the codes.
    """

    inputs: np.ndarray
    targets: np.ndarray
    task: Task
    rows: np.ndarray | None = None
    labelled: np.ndarray | None = None
    parts: np.ndarray | None = None
    groups: np.ndarray | None = None
    times: np.ndarray | None = None
    legend: Sequence[Mapping[str, Any]] = ()


class Task(Spec):
    """What is learnt: the supervised loss, the scores, and the shape of inputs and outputs.

    Class attributes:
        directions: Its scores, and which way is better.
        likeness: Its measures of fidelity, likewise.
        honesty: Its measures of calibration, likewise.
        library: Where torchmetrics keeps further scores for it, and how their names begin there.
        answers: What a shipped model answers, as a sentence for its card.

    Attributes:
        input_shape: Shape of one prepared input, without the batch; the core fills it in.
        metrics: Further scores by their torchmetrics names; the core fills them in from the study.
    """

    kind: ClassVar[str] = "task"
    directions: ClassVar[Mapping[str, Direction]] = {}
    likeness: ClassVar[Mapping[str, Direction]] = {}
    honesty: ClassVar[Mapping[str, Direction]] = {}
    library: ClassVar[tuple[str, str]] = ("", "")
    answers: ClassVar[str] = "Logits."

    input_shape: tuple[int, ...] = ()
    metrics: tuple[str, ...] = ()

    @property
    def outputs(self) -> int:
        """Number of logits per row."""
        raise NotImplementedError

    def complaint(self, targets: np.ndarray) -> str:
        """Return what is wrong with the labels of a dataset, as a sentence; empty if nothing is."""
        return ""

    def fitted(self, targets: np.ndarray) -> Self:
        """Return the task with what it has to know of the training labels."""
        return self

    def strata(self, targets: np.ndarray) -> np.ndarray | None:
        """Return the labels of which each split needs its share, or None where rows have no such label."""
        return None

    def encode(self, targets: np.ndarray) -> np.ndarray:
        """Return labels in the form that the loss compares logits with."""
        return targets

    def decoder(self) -> nn.Module | None:
        """Return what turns logits into what a client expects, as a module; None if they are just that."""
        return None

    def loss(self, logits: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return the supervised loss, averaged over the batch, as a scalar.

        Args:
            logits: Of the student.
            targets: Encoded labels.
            weights: Of the rows in the average, shape (rows,); all equal by default.
        """
        raise NotImplementedError

    def loss_gradient(self, logits: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor | None:
        """Return d loss / d logits in closed form, or None where there is none that is cheap."""
        return None

    def score(self, name: str, logits: Tensor, targets: Tensor) -> float:
        """Return one of the scores named in ``directions`` or ``metrics``."""
        raise NotImplementedError

    def fidelity(self, student: Tensor, teacher: Tensor) -> dict[str, float]:
        """Return how closely the student's logits follow the teacher's, by the names of ``likeness``."""
        raise NotImplementedError

    def calibration(self, logits: Tensor, targets: Tensor) -> dict[str, float]:
        """Return how honest the predicted confidences are, by the names of ``honesty``."""
        return {}


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


class Loss(Spec):
    """A term of the objective that the student minimises.

    Attributes:
        weight: Factor of this term in the sum.
    """

    kind: ClassVar[str] = "loss"

    weight: Annotated[float, Field(ge=0)] = 1.0

    def misfits(self, task: type[Task], outputs: int | None = None) -> Mapping[str, str]:
        """Return what in its fields does not suit a task, in sentences by field; empty if all does.

        Asked when a study is checked, so it must not import torch; and once more when the rows have been read
        and the number of outputs is known.
        """
        return {}

    def __call__(self, student: Output, teacher: Output, batch: Batch) -> Tensor:
        """Return the term, averaged over the batch, as a scalar."""
        raise NotImplementedError

    def build(self, task: Task, student: Output, teacher: Output | None) -> Term:
        """Return the term for one trial; override it to create trainable parts.

        Args:
            task: What is learnt.
            student: The student's output for a few rows, to read shapes from.
            teacher: The teacher's, or None if the study trains without one.

        Returns:
            This loss itself by default. A term that offers ``gradient(student, teacher, batch)``, its
            derivative with respect to the student's logits, spares the loop its own autograd graph.
        """
        return self


class Term(Protocol):
    """A loss, ready to be computed."""

    def __call__(self, student: Output, teacher: Output, batch: Batch) -> Tensor:
        """Return the term, averaged over the batch, as a scalar."""


@dataclass(frozen=True)
class Subject:
    """A network to be measured.

    Attributes:
        network: In evaluation mode.
        task: What it was built for.
        inputs: A few prepared rows to run it on.
        logits: Its answers on the validation rows; None before training.
        targets: The labels of the validation rows.
        teacher: The teacher's logits on the same rows; None without a teacher.
        train_seconds: Time that training took.
    """

    network: nn.Module
    task: Task
    inputs: Tensor
    logits: Tensor | None = None
    targets: Tensor | None = None
    teacher: Tensor | None = None
    train_seconds: float = 0.0


class Measure(Spec):
    """Numbers about a student, under metric names such as ``size/params``."""

    kind: ClassVar[str] = "measure"
    before_training: ClassVar[bool] = False

    def produces(self, task: type[Task]) -> Mapping[str, Direction]:
        """Return each metric's name and which way is better."""
        raise NotImplementedError

    def __call__(self, subject: Subject) -> dict[str, float]:
        """Return the metrics. With ``before_training`` it may use the network and inputs only."""
        raise NotImplementedError


KINDS: dict[str, type[Spec]] = {kind.kind: kind for kind in (Dataset, Teacher, Student, Loss, Task, Measure)}
