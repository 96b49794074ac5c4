"""The reverse divergence to a mixture with the student in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import kdorch
from kdorch.builtin.losses.distributions import DistributionLoss, divergence, mixture

if TYPE_CHECKING:
    from torch import Tensor


class SkewReverseKl(
    DistributionLoss,
    name="skew_reverse_kl",
    reference="Ko et al. 2024, DistiLLM, ICML, arXiv:2402.03898",
):
    """KL(q || alpha q + (1 - alpha) p), mean over tokens that count: reverse_kl, but bounded.

    p = softmax(teacher) and q = softmax(student). It is never above -log alpha. Logits (rows, tokens,
    vocabulary) with ``Batch.mask``, or (rows, classes); with several labels per row, label by label. Usual
    weight: 0.5 to 1.

    Not for students whose probabilities have to be calibrated: like ``reverse_kl`` it lets them leave things
    out.

    Attributes:
        alpha: The student's share of the mixture, above 0 and below 1; towards 0 it is ``reverse_kl``.
    """

    alpha: Annotated[float, Field(gt=0, lt=1), kdorch.Range(0.01, 0.5, log=True)] = 0.1

    def between(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return KL(q || m), where m is the mixture."""
        return divergence(student, mixture(self.alpha, student, teacher))

    def push(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return q (log q - log m - alpha q / m)."""
        mixed = mixture(self.alpha, student, teacher)
        surplus = student - mixed
        return student.exp() * (surplus - self.alpha * surplus.exp())
