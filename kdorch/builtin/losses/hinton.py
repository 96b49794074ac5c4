"""The divergence of softened distributions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import kdorch

if TYPE_CHECKING:
    from torch import Tensor


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
