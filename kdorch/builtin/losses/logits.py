"""What the losses on logits share: which rows count, shapes that fit, the mean, and its gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import kdorch

if TYPE_CHECKING:
    from torch import Tensor

_SINGLE = 4  # bytes of a number in single precision


class LogitLoss(kdorch.Loss):
    """The mean, over rows or over the tokens that count, of what two vectors of logits are to each other.

    A subclass states `each` and `slope` for two matrices. Logits have shape (rows, classes), or (rows,
    tokens, vocabulary) with ``Batch.mask``; where nothing counts, the loss and its gradient are 0. Half
    precision is computed in single.

    Class attributes:
        undefined: Why the loss has no meaning for two classes; empty if it has.
        otherwise: What to do where the teacher's last dimension is another than the student's.
    """

    undefined: ClassVar[str] = ""
    otherwise: ClassVar[str] = "Use a teacher that answers what the student has to answer, in the same order."

    def each(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return the loss of each row, shape (rows,), from logits of shape (rows, classes)."""
        raise NotImplementedError

    def slope(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return the derivative of the mean of `each` by the student's logits; there is at least one row."""
        raise NotImplementedError

    def misfits(self, task: type[kdorch.Task], outputs: int | None = None) -> dict[str, str]:
        """Return that two classes are too few, where they are."""
        if not self.undefined or outputs != 2:  # noqa: PLR2004
            return {}
        return {"use": f"{self.name} has no meaning for 2 classes: {self.undefined} Use hinton."}

    def build(self, task: kdorch.Task, student: kdorch.Output, teacher: kdorch.Output | None) -> kdorch.Term:
        """Return this loss.

        Raises:
            ValueError: If the classes are too few, or the two shapes cannot be compared.
        """
        for what in self.misfits(type(task), task.outputs).values():
            raise ValueError(what)
        if teacher is not None:
            self.compare(tuple(student.logits.shape), tuple(teacher.logits.shape))
        return self

    def compare(self, student: tuple[int, ...], teacher: tuple[int, ...]) -> None:
        """Make sure that logits of these shapes can be compared.

        Raises:
            ValueError: If they cannot, with what to do.
        """
        shapes = f"the student's logits have shape {student}, the teacher's {teacher}"
        if student[:-1] != teacher[:-1]:
            raise ValueError(f"{shapes}. Both need the same rows, and the same tokens of each.")
        if student[-1] != teacher[-1]:
            raise ValueError(f"{shapes}: {self.name} compares them class by class. {self.otherwise}")

    def __call__(self, student: kdorch.Output, teacher: kdorch.Output, batch: kdorch.Batch) -> Tensor:
        """Return the mean of `each` over the rows or tokens that count; 0 if none does."""
        each = self.each(self.matrix(student.logits, batch), self.matrix(teacher.logits, batch))
        return each.sum() / max(1, len(each))

    def gradient(self, student: kdorch.Output, teacher: kdorch.Output, batch: kdorch.Batch) -> Tensor:
        """Return the derivative of the mean by the student's logits, in closed form."""
        ours = self.matrix(student.logits, batch)
        if not len(ours):
            return student.logits.new_zeros(student.logits.shape)
        slope = self.slope(ours, self.matrix(teacher.logits, batch))
        return self.restore(slope, student.logits, batch)

    def counted(self, logits: Tensor, batch: kdorch.Batch) -> Tensor | None:
        """Return what counts, bool of the logits' shape without the last dimension; None if all does."""
        if batch.mask is None or logits.dim() == 2:  # noqa: PLR2004  a mask of inputs, answered row by row
            return None
        return batch.mask

    def matrix(self, logits: Tensor, batch: kdorch.Batch) -> Tensor:
        """Return the logits that count, shape (rows or tokens, classes)."""
        chosen = self.counted(logits, batch)
        if chosen is not None:
            logits = logits[chosen]
        elif logits.dim() != 2:  # noqa: PLR2004
            logits = logits.flatten(0, -2)
        return logits.float() if logits.dtype.itemsize < _SINGLE else logits

    def restore(self, slope: Tensor, logits: Tensor, batch: kdorch.Batch) -> Tensor:
        """Return a slope in the shape and type of the logits: 0 for what does not count."""
        chosen = self.counted(logits, batch)
        if chosen is None:
            return slope.view_as(logits).type_as(logits)
        everything = logits.new_zeros(logits.shape)
        everything[chosen] = slope.type_as(logits)
        return everything
