"""The part of ``vid`` that is trained."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus


class Likelihood(nn.Module):
    """The negative log-likelihood of a Gaussian with a trained variance for each channel.

    Args:
        channels: How many.
        variance: At the start.
        smallest: What it cannot fall below.
    """

    def __init__(self, channels: int, variance: float, smallest: float) -> None:
        super().__init__()
        self.smallest = smallest
        start = math.log(math.expm1(variance - smallest))  # of which softplus makes the variance
        self.spread = nn.Parameter(torch.full((channels,), start))

    def forward(self, mean: Tensor, found: Tensor) -> Tensor:
        """Return it without its constant, averaged over all elements: (rows, channels, positions...)."""
        variance = softplus(self.spread) + self.smallest
        variance = variance.to(mean.dtype).reshape(-1, *[1] * (mean.ndim - 2))
        return ((mean - found).square() / variance + variance.log()).mean() / 2
