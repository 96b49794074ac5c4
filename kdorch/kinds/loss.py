"""Terms of the objective."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar, Protocol

from kdorch.kinds.schedule import Weight
from kdorch.kinds.task import Task
from kdorch.kinds.values import Batch, Output
from kdorch.spec import Spec

if TYPE_CHECKING:
    from torch import Tensor


class Loss(Spec, needs={"full_distribution"}):
    """A term of the objective that the student minimises.

    What it ``needs`` is all entries of the teacher's distribution unless the class says otherwise:
    ``full_distribution``. One that needs them no more than a divergence at temperature 1 does, to which the
    mass of all small entries says as much as each of them, declares ``needs=()``.

    Class attributes:
        across_rows: It compares rows with each other, so its value depends on which rows share a batch. Any
            other term is a mean over rows, and the mean over batches of one size is that of the whole.
        zero_at_agreement: It is 0, and so is its gradient, where the student says what the teacher says. A
            cross-entropy is not: its floor is an entropy, or what the labels say.

    Attributes:
        weight: Factor of this term in the sum, or a schedule: ``{from: 0, to: 0.9, epochs: 5}``.
    """

    kind: ClassVar[str] = "loss"
    across_rows: ClassVar[bool] = False
    zero_at_agreement: ClassVar[bool] = True

    weight: Weight = 1.0

    def misfits(self, task: type[Task], outputs: int | None = None) -> Mapping[str, str]:
        """Return what in its fields does not suit a task, in sentences by field; empty if all does.

        The field ``use`` stands for the loss as a whole.

        Asked when a study is checked, so it must not import torch; and once more when the rows have been read
        and the number of outputs is known.
        """
        return {}

    def demands(self) -> frozenset[str]:
        """Return what it needs as it is set here: ``needs`` by default."""
        return self.needs

    def teacher_features(self) -> frozenset[str] | None:
        """Return which of the teacher's features it reads; None if it may be any.

        No others are stored. By default those that its field ``layers`` names as values, if it has one.
        """
        if "features" not in self.needs:
            return frozenset()
        layers = getattr(self, "layers", None)
        return frozenset(layers.values()) if isinstance(layers, Mapping) else None

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


def features_read(losses: Iterable[Loss]) -> frozenset[str] | None:
    """Return which of the teacher's features some losses read; None if it may be any."""
    names = [loss.teacher_features() for loss in losses]
    known = [each for each in names if each is not None]
    return frozenset().union(*known) if len(known) == len(names) else None


class Term(Protocol):
    """A loss, ready to be computed."""

    def __call__(self, student: Output, teacher: Output, batch: Batch) -> Tensor:
        """Return the term, averaged over the batch, as a scalar."""
