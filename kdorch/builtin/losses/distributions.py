"""Losses between the two softmax distributions, and what they have in common with two-class labels."""

from __future__ import annotations

from dataclasses import replace
from math import log
from typing import TYPE_CHECKING, ClassVar

import kdorch
from kdorch.builtin.losses.logits import LogitLoss

if TYPE_CHECKING:
    from torch import Tensor


class DistributionLoss(LogitLoss, tasks={"classification", "multilabel", "tokens"}, needs=()):
    """A loss between softmax distributions; of labels that are there or not, each is a distribution.

    A subclass states `between` and `push` for log-probabilities, or `each` and `slope` where that is shorter.
    """

    otherwise: ClassVar[str] = (
        "For two vocabularies, use uld; otherwise, a teacher that answers the same classes."
    )

    def between(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return the loss of each row, shape (rows,), from log-probabilities of shape (rows, classes)."""
        raise NotImplementedError

    def push(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return the derivative of `between` by each of the student's log-probabilities.

        A multiple of the student's probabilities may be added: softmax takes it away.
        """
        raise NotImplementedError

    def each(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return `between` the two softmax distributions."""
        return self.between(kdorch.log_softmax(student), kdorch.log_softmax(teacher))

    def slope(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return `push`, taken through the softmax."""
        ours = kdorch.log_softmax(student)
        push = self.push(ours, kdorch.log_softmax(teacher))
        return (push - ours.exp() * push.sum(-1, keepdim=True)).div_(len(student))

    def build(self, task: kdorch.Task, student: kdorch.Output, teacher: kdorch.Output | None) -> kdorch.Term:
        """Return this loss, label by label where a row can have several.

        Raises:
            ValueError: If the two shapes cannot be compared.
        """
        term = super().build(task, student, teacher)
        return LabelByLabel(self) if isinstance(task, kdorch.Multilabel) else term


class LabelByLabel:
    """A loss for labels that are each there or not, averaged over labels as the task's own loss is.

    A label is a distribution over two classes: logits z of shape (rows, labels) become (rows, labels, [z,
    0]).
    """

    def __init__(self, loss: LogitLoss) -> None:
        self.loss = loss

    def __call__(self, student: kdorch.Output, teacher: kdorch.Output, batch: kdorch.Batch) -> Tensor:
        """Return the loss, averaged over rows and labels."""
        return self.loss(_pairs(student), _pairs(teacher), replace(batch, mask=None))

    def gradient(self, student: kdorch.Output, teacher: kdorch.Output, batch: kdorch.Batch) -> Tensor:
        """Return its derivative by the student's logits."""
        return self.loss.gradient(_pairs(student), _pairs(teacher), replace(batch, mask=None))[..., 0]


def _pairs(output: kdorch.Output) -> kdorch.Output:
    from torch.nn.functional import pad

    return kdorch.Output(pad(output.logits.unsqueeze(-1), (0, 1)))


def divergence(teacher: Tensor, student: Tensor) -> Tensor:
    """Return KL(teacher || student) of each row of log-probabilities, in nats."""
    return (teacher.exp() * (teacher - student)).sum(-1)


def mixture(share: float, some: Tensor, others: Tensor) -> Tensor:
    """Return log(share p + (1 - share) q) for log-probabilities log p and log q."""
    return (some + log(share)).logaddexp(others + log(1 - share))
