"""The divergence that covers whatever the teacher would say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import kdorch
from kdorch.builtin.losses.distributions import DistributionLoss, divergence

if TYPE_CHECKING:
    from torch import Tensor


class ForwardKl(
    DistributionLoss,
    name="forward_kl",
    reference="Kim, Rush 2016, Sequence-Level Knowledge Distillation, arXiv:1606.07947",
):
    """KL(p || q), mean over tokens that count: the student covers whatever the teacher would say.

    p = softmax(teacher) and q = softmax(student). Logits (rows, tokens, vocabulary) with ``Batch.mask``, or
    (rows, classes); with several labels per row, label by label. Usual weight: 0.5 to 1. With a temperature
    it is ``hinton``.

    Not for students much smaller than a teacher that writes text: spread over everything it would say, they
    end up between its answers; see ``reverse_kl``.
    """

    def between(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return KL(p || q)."""
        return divergence(teacher, student)

    def slope(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return (q - p) / rows."""
        return (kdorch.softmax(student) - kdorch.softmax(teacher)).div_(len(student))
