"""The forward divergence to a mixture with the teacher in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import kdorch
from kdorch.builtin.losses.distributions import DistributionLoss, divergence, mixture

if TYPE_CHECKING:
    from torch import Tensor


class SkewKl(
    DistributionLoss,
    name="skew_kl",
    reference="Ko et al. 2024, DistiLLM, ICML, arXiv:2402.03898",
):
    """KL(p || alpha p + (1 - alpha) q), mean over tokens that count: forward_kl, but bounded.

    p = softmax(teacher) and q = softmax(student). It is never above -log alpha. Logits (rows, tokens,
    vocabulary) with ``Batch.mask``, or (rows, classes); with several labels per row, label by label. Usual
    weight: 0.5 to 1.

    Not where student and teacher are near each other already: there it is (1 - alpha)^2 of ``forward_kl``, no
    more.

    Attributes:
        alpha: The teacher's share of the mixture, above 0 and below 1; towards 0 it is ``forward_kl``.
    """

    alpha: Annotated[float, Field(gt=0, lt=1), kdorch.Range(0.01, 0.5, log=True)] = 0.1

    def between(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return KL(p || m), where m is the mixture."""
        return divergence(teacher, mixture(self.alpha, teacher, student))

    def push(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return -(1 - alpha) p q / m."""
        mixed = mixture(self.alpha, teacher, student)
        return (self.alpha - 1) * (teacher + student - mixed).exp()
