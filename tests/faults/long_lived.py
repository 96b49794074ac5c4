"""A student whose worker dies in its fifth epoch, once."""

from __future__ import annotations

import os
from pathlib import Path

from torch import Tensor, nn

STEPS = 17  # of an epoch


class Net(nn.Module):
    """A small network for digits that draws random numbers.

    Args:
        mark: File that is there after the death; then each training step adds a character.
    """

    def __init__(self, mark: str, width: int = 8) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Flatten(), nn.Linear(64, width), nn.ReLU(), nn.Dropout(0.1), nn.Linear(width, 10)
        )
        self.mark, self.steps = Path(mark), 0

    def forward(self, inputs: Tensor) -> Tensor:
        self.steps += self.training
        if self.mark.exists() and self.training:
            self.mark.write_text(self.mark.read_text() + ".")
        elif self.steps > 4 * STEPS:
            self.mark.touch()
            os._exit(3)
        logits: Tensor = self.layers(inputs)
        return logits
