"""The divergence of softened distributions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import kdorch
from kdorch.builtin.losses.distributions import DistributionLoss, divergence

if TYPE_CHECKING:
    from torch import Tensor


class Hinton(
    DistributionLoss,
    name="hinton",
    reference="Hinton, Vinyals, Dean 2015, Distilling the Knowledge in a Neural Network, arXiv:1503.02531",
):
    """T^2 KL(p || q), mean over rows, for p = softmax(teacher / T) and q = softmax(student / T).

    The first loss to try. Logits (rows, classes) or (rows, tokens, classes); with several labels per row,
    label by label. Usual weight: 0.9, beside 0.1 for the labels.

    Not for teachers that are certain of everything: without doubt it teaches no more than the labels do.

    Attributes:
        temperature: T softens both distributions; the factor T^2 keeps gradients of one size.
    """

    temperature: Annotated[float, Field(gt=0), kdorch.Range(1.0, 20.0, log=True)] = 4.0

    def demands(self) -> frozenset[str]:
        """Return that entries which were not kept cannot be softened."""
        return self.needs if self.temperature == 1 else self.needs | {"full_distribution"}

    def each(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return T^2 KL(p || q)."""
        soft_student = kdorch.log_softmax(student / self.temperature)
        soft_teacher = kdorch.log_softmax(teacher / self.temperature)
        return self.temperature**2 * divergence(soft_teacher, soft_student)

    def slope(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return T (q - p) / rows."""
        soft_student = kdorch.softmax(student / self.temperature)
        soft_teacher = kdorch.softmax(teacher / self.temperature)
        return (soft_student - soft_teacher).mul_(self.temperature / len(student))
