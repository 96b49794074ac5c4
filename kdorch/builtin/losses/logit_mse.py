"""The squared difference of logits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdorch.builtin.losses.logits import LogitLoss

if TYPE_CHECKING:
    from torch import Tensor


class LogitMse(
    LogitLoss,
    name="logit_mse",
    reference="Ba, Caruana 2014, Do Deep Nets Really Need to be Deep?, arXiv:1312.6184",
):
    """mean((s - t)^2) over rows and outputs, s and t the logits; for every task, regression too.

    Logits (rows, outputs) or (rows, tokens, outputs). Usual weight: 1; for classification 0.1 to 0.5, as
    logits can be large.

    Not for teachers whose logits are shifted by a constant per row: softmax ignores it, this does not. Not
    for small students of many classes: it spends them on logits that are far below any answer.
    """

    def each(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return the mean of (s - t)^2 over outputs."""
        return (student - teacher).square().mean(-1)

    def slope(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return 2 (s - t) / (rows x outputs)."""
        return (student - teacher).mul_(2 / student.numel())
