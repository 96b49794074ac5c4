"""Networks that no training could use."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Narrow(nn.Sequential):
    """One logit too few."""

    def __init__(self) -> None:
        super().__init__(nn.Flatten(), nn.Linear(64, 9))


class Silent(nn.Sequential):
    """Nothing to train."""

    def __init__(self) -> None:
        super().__init__(nn.Flatten(), nn.AdaptiveAvgPool1d(10))


class Lost(nn.Sequential):
    """Not a number, before anything is learnt."""

    def __init__(self) -> None:
        super().__init__(nn.Flatten(), nn.Linear(64, 10))

    def forward(self, inputs: Tensor) -> Tensor:
        """Return no numbers."""
        return super().forward(inputs).abs().neg().sqrt()


class Shut(nn.Sequential):
    """No gradient comes through."""

    def __init__(self) -> None:
        super().__init__(nn.Flatten(), nn.Linear(64, 10))

    def forward(self, inputs: Tensor) -> Tensor:
        """Return logits that forgot where they came from."""
        return super().forward(inputs).detach()


class Grouped(nn.Sequential):
    """Works for some widths alone."""

    def __init__(self, width: int) -> None:
        layers = [nn.Conv2d(1, width, 3, padding=1), nn.Conv2d(width, 4, 1, groups=4), nn.Flatten()]
        super().__init__(*layers, nn.Linear(256, 10))


class Fickle(nn.Module):
    """Answers more in training than it does later, as networks with a second head do."""

    def __init__(self) -> None:
        super().__init__()
        self.flat, self.layer = nn.Flatten(), nn.Linear(64, 10)

    def forward(self, inputs: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """Return one tensor, or two."""
        logits: Tensor = self.layer(self.flat(inputs))
        return (logits, torch.zeros_like(logits)) if self.training else logits
