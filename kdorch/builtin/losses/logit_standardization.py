"""Hinton's divergence of standardised logits."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

import kdorch
from kdorch.builtin.losses.centring import through_unit, unit
from kdorch.builtin.losses.distributions import divergence
from kdorch.builtin.losses.logits import LogitLoss

if TYPE_CHECKING:
    from torch import Tensor


class LogitStandardization(
    LogitLoss,
    name="logit_standardization",
    tasks={"classification", "tokens"},
    reference="Sun et al. 2024, Logit Standardization in Knowledge Distillation, CVPR, arXiv:2403.01427",
):
    """T^2 KL(softmax(t' / T) || softmax(s' / T)), mean over rows, s' and t' the standardised logits.

    z' = (z - mean z) / deviation z per row, with the unbiased deviation over classes: the student follows the
    shape of the teacher's answer, not its scale. Constant logits stay 0, without a gradient, where the paper
    divides by 1e-7. Logits (rows, classes) or (rows, tokens, classes). Usual weight: 9, beside 0.1 for the
    labels, as standardised logits are small.

    Not for 2 classes, nor where the student has to be as sure as the teacher: only the labels teach it how
    sure to be.

    Attributes:
        temperature: T softens both distributions; the factor T^2 keeps gradients of one size.
    """

    undefined: ClassVar[str] = "two standardised logits are +0.71 and -0.71, whatever they were."

    temperature: Annotated[float, Field(gt=0), kdorch.Range(1.0, 6.0)] = 2.0

    def each(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return T^2 KL(p || q) of the standardised logits."""
        scale = self._scale(student)
        ours, theirs = ((scale * unit(logits, -1)[0]).log_softmax(-1) for logits in (student, teacher))
        return self.temperature**2 * divergence(theirs, ours)

    def slope(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return T (q - p) / rows, taken through the standardisation."""
        scale = self._scale(student)
        (ours, length), (theirs, _) = unit(student, -1), unit(teacher, -1)
        slope = (scale * ours).softmax(-1) - (scale * theirs).softmax(-1)
        return through_unit(self.temperature**2 * scale / len(student) * slope, ours, length, -1)

    def _scale(self, logits: Tensor) -> float:
        """Return the factor from unit length to unit deviation, over T."""
        return sqrt(logits.shape[-1] - 1) / self.temperature
