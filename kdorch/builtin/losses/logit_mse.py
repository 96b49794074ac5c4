"""The squared difference of logits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import kdorch

if TYPE_CHECKING:
    from torch import Tensor


class LogitMse(
    kdorch.Loss,
    name="logit_mse",
    reference="Ba, Caruana 2014, Do Deep Nets Really Need to be Deep?, arXiv:1312.6184",
):
    """The mean squared difference of the logits, over rows and outputs.

    Not for teachers whose logits are shifted by a constant per row: softmax ignores it, this does not.
    """

    def __call__(self, student: kdorch.Output, teacher: kdorch.Output, batch: kdorch.Batch) -> Tensor:
        """Return the term for logits of shape (rows, outputs)."""
        from torch.nn.functional import mse_loss

        return mse_loss(student.logits, teacher.logits)

    def gradient(self, student: kdorch.Output, teacher: kdorch.Output, batch: kdorch.Batch) -> Tensor:
        """Return 2 (s - t) / (rows x outputs)."""
        return (student.logits - teacher.logits).mul_(2 / student.logits.numel())
