"""A network that is well at every width but 13."""

from __future__ import annotations

import os
from pathlib import Path

from torch import Tensor, nn

UNLUCKY = 13
DEAD = 10


class Net(nn.Module):
    """A small network for digits; one that is unlucky takes its worker down in its first training step.

    Args:
        width: Units of the hidden layer.
        mark: File in which the dead are counted; after three jobs before the study, three times each, and one trial, nobody dies.
        nan: Whether the unlucky answer NaN instead.
    """

    def __init__(self, width: int = 8, mark: str = "", nan: bool = False) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 10))
        self.unlucky, self.mark, self.nan = width == UNLUCKY, mark, nan

    def forward(self, inputs: Tensor) -> Tensor:
        logits: Tensor = self.layers(inputs)
        if not self.unlucky or not self.training:
            return logits
        if self.nan:
            return logits * float("nan")
        mark = Path(self.mark) if self.mark else None
        dead = mark.read_text() if mark and mark.exists() else ""
        if len(dead) < DEAD:
            if mark:
                mark.write_text(f"{dead}x")
            os._exit(3)
        return logits
