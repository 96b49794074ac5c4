"""From numbers of unit scale back to the units of the data; it travels inside the shipped model."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Units(nn.Module):
    """Undo a standardisation.

    Args:
        mean: Of each number.
        deviation: Of each number.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, mean: Sequence[float], deviation: Sequence[float]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32))
        self.register_buffer("deviation", torch.tensor(deviation, dtype=torch.float32))

    def forward(self, numbers: Tensor) -> Tensor:
        """Return the numbers, shape (rows, numbers), in their own units."""
        return numbers * self.deviation + self.mean
