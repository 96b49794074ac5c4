"""The divergence of both from their mixture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import kdorch
from kdorch.builtin.losses.distributions import DistributionLoss, divergence, mixture

if TYPE_CHECKING:
    from torch import Tensor


class Jsd(
    DistributionLoss,
    name="jsd",
    reference="Agarwal et al. 2024, On-Policy Distillation of Language Models (GKD), ICLR, arXiv:2306.13649",
):
    """beta KL(p || m) + (1 - beta) KL(q || m), mean over tokens that count, for m = beta p + (1 - beta) q.

    p = softmax(teacher) and q = softmax(student). It is the generalised Jensen-Shannon divergence, and never
    above log 2. Logits (rows, tokens, vocabulary) with ``Batch.mask``, or (rows, classes); with several
    labels per row, label by label. Usual weight: 1 to 2, as it is smaller than the divergences that it lies
    between.

    As beta goes to 0 or 1 it goes to 0, and divided by beta to ``forward_kl`` or by 1 - beta to
    ``reverse_kl``. Some libraries mean those by beta = 0 and 1; here neither end is accepted, and the formula
    holds for all between.

    Not for a first attempt at classification: its gradient vanishes where student and teacher have nothing in
    common.

    Attributes:
        beta: The teacher's share of the mixture, above 0 and below 1.
    """

    beta: Annotated[float, Field(gt=0, lt=1), kdorch.Range(0.1, 0.9)] = 0.5

    def between(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return beta KL(p || m) + (1 - beta) KL(q || m)."""
        mixed = mixture(self.beta, teacher, student)
        return self.beta * divergence(teacher, mixed) + (1 - self.beta) * divergence(student, mixed)

    def push(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return (1 - beta) q (log q - log m)."""
        return (1 - self.beta) * student.exp() * (student - mixture(self.beta, teacher, student))
