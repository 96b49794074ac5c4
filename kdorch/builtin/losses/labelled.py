"""Losses that ask for the label as well as for the teacher."""

from __future__ import annotations

from typing import TYPE_CHECKING

import kdorch
from kdorch.builtin.losses.logits import LogitLoss

if TYPE_CHECKING:
    from torch import Tensor


class LabelledLoss(LogitLoss, tasks={"classification", "tokens"}):
    """A loss over the rows that have a label: `each` and `slope` find the labelled class in the first column.

    It has changed places with the class that stands there, which does not matter to what is said of the
    others.
    """

    def counted(self, logits: Tensor, batch: kdorch.Batch) -> Tensor | None:
        """Return what counts and has a label."""
        counted, labelled = super().counted(logits, batch), batch.labelled
        if labelled is None:
            return counted
        labelled = labelled.view(-1, *[1] * (logits.dim() - 2)).expand(logits.shape[:-1])
        return labelled if counted is None else labelled & counted

    def matrix(self, logits: Tensor, batch: kdorch.Batch) -> Tensor:
        """Return the logits that count, the labelled class first."""
        return super().matrix(logits, batch).gather(1, self._order(logits, batch))

    def restore(self, slope: Tensor, logits: Tensor, batch: kdorch.Batch) -> Tensor:
        """Return a slope in the order and shape of the logits."""
        return super().restore(slope.gather(1, self._order(logits, batch)), logits, batch)

    def _order(self, logits: Tensor, batch: kdorch.Batch) -> Tensor:
        """Return the columns with the first and the labelled one exchanged; twice, it changes nothing."""
        import torch

        chosen = self.counted(logits, batch)
        targets = (batch.targets.flatten() if chosen is None else batch.targets[chosen]).unsqueeze(1)
        order = torch.arange(logits.shape[-1], device=logits.device).repeat(len(targets), 1)
        order[:, :1] = targets
        return order.scatter_(1, targets, 0)


def against_the_rest(logits: Tensor) -> Tensor:
    """Return logits of two classes, the first column and all others together, shape (rows, 2)."""
    import torch

    return torch.stack((logits[:, 0], logits[:, 1:].logsumexp(-1)), dim=-1)
