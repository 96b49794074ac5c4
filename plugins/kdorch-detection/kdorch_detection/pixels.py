"""From bytes to what networks take; it travels inside the shipped model."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_GREY = 3  # dimensions of grey images: rows, height, width


class Pixels(nn.Module):
    """Images, grey or (rows, height, width, 3), to channels first, zero mean and unit deviation.

    Args:
        inputs: The training rows, uint8.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, inputs: Tensor) -> None:
        super().__init__()
        counts = torch.bincount(inputs.flatten(), minlength=256).double()  # of each byte
        values = torch.arange(256).double()
        mean = (counts @ values) / counts.sum()
        deviation = ((counts @ (values - mean).square()) / counts.sum()).sqrt().clamp(min=1)
        self.register_buffer("mean", mean.float())
        self.register_buffer("deviation", deviation.float())

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the images, float32, shape (rows, channels, height, width)."""
        images = inputs.unsqueeze(1) if inputs.ndim == _GREY else inputs.movedim(3, 1)
        return (images.float() - self.mean) / self.deviation
