"""Correlations instead of equalities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

import kdorch
from kdorch.builtin.losses.centring import through_unit, unit
from kdorch.builtin.losses.logits import LogitLoss

if TYPE_CHECKING:
    from torch import Tensor


class Dist(
    LogitLoss,
    name="dist",
    tasks={"classification", "tokens"},
    reference="Huang et al. 2022, Knowledge Distillation from A Stronger Teacher, NeurIPS, arXiv:2205.10536",
):
    """T^2 (beta (1 - r of rows) + gamma (1 - r of columns)), r the mean correlation of probabilities.

    r is Pearson's, of softmax(student / T) with softmax(teacher / T). A row or column that does not vary has
    none: where the teacher's does not it adds 0, where only the student's does not it adds 1; neither has a
    gradient. Logits (rows, classes) or (rows, tokens, classes), whose tokens are rows here. Usual weight: 1
    to 2, beside 1 for the labels. It was made for teachers much stronger than the student.

    Not for small batches: columns compare the rows of a batch, so the value depends on which rows share one,
    and one row alone has no columns. With 2 classes a row's correlation is 1 or -1 and has no gradient: only
    columns teach.

    Attributes:
        beta: Of rows: which classes are alike.
        gamma: Of columns: which rows are.
        temperature: T softens both distributions. Correlations do not shrink with T, so the factor T^2, which
            is the paper's, makes the term larger: lower the weight where T is raised.
    """

    across_rows: ClassVar[bool] = True

    beta: Annotated[float, Field(ge=0), kdorch.Range(0.1, 4.0, log=True)] = 1.0
    gamma: Annotated[float, Field(ge=0), kdorch.Range(0.1, 4.0, log=True)] = 1.0
    temperature: Annotated[float, Field(gt=0), kdorch.Range(1.0, 6.0)] = 1.0

    def misfits(self, task: type[kdorch.Task], outputs: int | None = None) -> dict[str, str]:
        """Return that rows alone teach nothing of two classes."""
        if self.gamma or outputs != 2:  # noqa: PLR2004
            return {}
        what = "of 2 classes only the columns have a gradient, and their factor is 0. Set gamma above 0."
        return {"gamma": what}

    def each(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return the part of each row, and that of the columns in every row."""
        ours, theirs = (kdorch.softmax(logits / self.temperature) for logits in (student, teacher))
        columns = _apart(ours, theirs, 0).mean()
        return self.temperature**2 * (self.beta * _apart(ours, theirs, 1) + self.gamma * columns)

    def slope(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return the derivatives of both parts, taken through the softmax."""
        ours, theirs = (kdorch.softmax(logits / self.temperature) for logits in (student, teacher))
        rows, classes = ours.shape
        push = self.beta * _slope(ours, theirs, 1) + self.gamma * rows / classes * _slope(ours, theirs, 0)
        push *= ours
        return (push - ours * push.sum(-1, keepdim=True)).mul_(self.temperature / rows)


def _apart(student: Tensor, teacher: Tensor, dim: int) -> Tensor:
    """Return 1 - r, written so that it is 0 to the last bit where both are the same."""
    (ours, _), (theirs, _) = unit(student, dim), unit(teacher, dim)
    return (theirs * (theirs - ours)).sum(dim)


def _slope(student: Tensor, teacher: Tensor, dim: int) -> Tensor:
    (ours, length), (theirs, _) = unit(student, dim), unit(teacher, dim)
    return through_unit(-theirs, ours, length, dim)
