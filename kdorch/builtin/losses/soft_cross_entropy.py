"""The labels' loss, with the teacher's probabilities for labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import kdorch
from kdorch.builtin.losses.distributions import DistributionLoss

if TYPE_CHECKING:
    from torch import Tensor


class SoftCrossEntropy(
    DistributionLoss,
    name="soft_cross_entropy",
    reference="Hinton, Vinyals, Dean 2015, Distilling the Knowledge in a Neural Network, arXiv:1503.02531",
):
    """-sum p log q, mean over rows: the cross-entropy with the teacher's probabilities for labels.

    p = softmax(teacher) and q = softmax(student). Logits (rows, classes) or (rows, tokens, classes); with
    several labels per row, label by label. Usual weight: 0.5, beside 0.5 for the labels.

    Not for reading off how near the student is: its floor is the teacher's entropy, not 0. ``forward_kl`` has
    the same gradient and is 0 at agreement.
    """

    zero_at_agreement: ClassVar[bool] = False

    def between(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return -sum p log q."""
        return -(teacher.exp() * student).sum(-1)

    def slope(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return (q - p) / rows."""
        return (kdorch.softmax(student) - kdorch.softmax(teacher)).div_(len(student))
