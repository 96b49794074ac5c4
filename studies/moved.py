"""The teacher of mnist5k_verdict.yaml: a residual network that learns from digits which move about."""

from __future__ import annotations

import torch
from kdorch_vision.blocks import Residual, stages
from torch import Tensor, nn


class Moved(nn.Module):
    """A residual network for grey images of ten classes; once it is trained, it takes them as they are.

    Args:
        width: Channels of its first stage.
        most: Pixels by which an image is moved, up to so many either way.
    """

    def __init__(self, width: int = 16, most: int = 2) -> None:
        super().__init__()
        self.most = most
        self.network = stages(Residual, 1, width, (1, 1), 2, 10)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits."""
        logits: Tensor = self.network(self._moved(images) if self.training else images).logits
        return logits

    def _moved(self, images: Tensor) -> Tensor:
        """Return each image elsewhere, its border repeated."""
        count, _, height, width = images.shape
        down, right = torch.randint(-self.most, self.most + 1, (2, count, 1))
        rows = (torch.arange(height) + down).clamp(0, height - 1)
        columns = (torch.arange(width) + right).clamp(0, width - 1)
        found = images[torch.arange(count)[:, None, None], :, rows[:, :, None], columns[:, None]]
        return found.movedim(-1, 1)  # what is indexed comes first, the channels after it
