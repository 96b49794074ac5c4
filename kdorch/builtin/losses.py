"""Losses on logits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import kdorch

if TYPE_CHECKING:
    from torch import Tensor


class Supervised(kdorch.Loss, name="task"):
    """The task's own supervised loss on the labels; for classification, cross-entropy."""

    def build(
        self, task: kdorch.Task, student: kdorch.Output, teacher: kdorch.Output | None
    ) -> SupervisedTerm:
        """Return the term for this task."""
        return SupervisedTerm(task)


class SupervisedTerm:
    """The supervised loss of one task."""

    def __init__(self, task: kdorch.Task) -> None:
        self.task = task

    def __call__(self, student: kdorch.Output, teacher: kdorch.Output, batch: kdorch.Batch) -> Tensor:
        """Return the loss, averaged over the batch."""
        return self.task.loss(student.logits, batch.targets)

    def gradient(self, student: kdorch.Output, teacher: kdorch.Output, batch: kdorch.Batch) -> Tensor | None:
        """Return its derivative with respect to the logits, if the task knows it."""
        return self.task.loss_gradient(student.logits, batch.targets)


class Hinton(
    kdorch.Loss,
    name="hinton",
    tasks={"classification"},
    reference="Hinton, Vinyals, Dean 2015, Distilling the Knowledge in a Neural Network, arXiv:1503.02531",
):
    """T^2 KL(teacher at T || student at T), averaged over the batch.

    Not for teachers that are certain of everything: without doubt it teaches no more than the labels do.

    Attributes:
        temperature: T softens both distributions; the factor T^2 keeps gradients of one size.
    """

    temperature: Annotated[float, Field(gt=0), kdorch.Range(1.0, 20.0, log=True)] = 4.0

    def __call__(self, student: kdorch.Output, teacher: kdorch.Output, batch: kdorch.Batch) -> Tensor:
        """Return the term for logits of shape (rows, classes), in nats."""
        from torch.nn.functional import kl_div

        soft_student = (student.logits / self.temperature).log_softmax(-1)
        soft_teacher = (teacher.logits / self.temperature).log_softmax(-1)
        return self.temperature**2 * kl_div(
            soft_student, soft_teacher, reduction="batchmean", log_target=True
        )

    def gradient(self, student: kdorch.Output, teacher: kdorch.Output, batch: kdorch.Batch) -> Tensor:
        """Return T (q - p) / rows: the derivative with respect to the student's logits."""
        soft_student = (student.logits / self.temperature).softmax(-1)
        soft_teacher = (teacher.logits / self.temperature).softmax(-1)
        return (soft_student - soft_teacher).mul_(self.temperature / len(soft_student))


class LogitMse(
    kdorch.Loss,
    name="logit_mse",
    reference="Ba, Caruana 2014, Do Deep Nets Really Need to be Deep?, arXiv:1312.6184",
):
    """The mean squared difference of the logits, over rows and classes.

    Not for teachers whose logits are shifted by a constant per row: softmax ignores it, this does not.
    """

    def __call__(self, student: kdorch.Output, teacher: kdorch.Output, batch: kdorch.Batch) -> Tensor:
        """Return the term for logits of shape (rows, classes)."""
        from torch.nn.functional import mse_loss

        return mse_loss(student.logits, teacher.logits)

    def gradient(self, student: kdorch.Output, teacher: kdorch.Output, batch: kdorch.Batch) -> Tensor:
        """Return 2 (s - t) / (rows x classes)."""
        return (student.logits - teacher.logits).mul_(2 / student.logits.numel())
