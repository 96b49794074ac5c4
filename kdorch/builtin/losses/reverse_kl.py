"""The divergence that says nothing the teacher would not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdorch.builtin.losses.distributions import DistributionLoss, divergence

if TYPE_CHECKING:
    from torch import Tensor


class ReverseKl(
    DistributionLoss,
    name="reverse_kl",
    reference="Gu, Dong, Wei, Huang 2024, MiniLLM, ICLR, arXiv:2306.08543",
):
    """KL(q || p), mean over tokens that count: the student says nothing that the teacher would not.

    p = softmax(teacher) and q = softmax(student). Logits (rows, tokens, vocabulary) with ``Batch.mask``, or
    (rows, classes); with several labels per row, label by label. Usual weight: 0.5 to 1.

    Not for students whose probabilities have to be calibrated, as it lets them leave things out; and not from
    a cold start: a student that is sure of something wrong hardly has a gradient there.
    """

    def between(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return KL(q || p)."""
        return divergence(student, teacher)

    def push(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return q (log q - log p)."""
        return student.exp() * (student - teacher)
