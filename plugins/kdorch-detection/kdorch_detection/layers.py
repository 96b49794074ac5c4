"""The layers of the network."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, relu

_REGRESSED = 4  # maps after those of the classes
_FEW = -2.19  # the logit of .1: at first it expects few boxes, or empty places would drown all else


def quarter(channels: int, width: int) -> nn.Module:
    """Return what makes maps of a quarter of the image's size."""
    half = max(width // 2, 4)
    return nn.Sequential(*_convolution(channels, half, 2), *_convolution(half, width, 2))


def around(width: int, depth: int) -> nn.Module:
    """Return what adds to each position what lies around it."""
    return Around(width, depth)


def head(width: int, outputs: int) -> nn.Module:
    """Return what makes logits of maps."""
    last = nn.Conv2d(width, outputs, 1)
    with torch.no_grad():
        last.bias[: outputs - _REGRESSED] = _FEW  # type: ignore[index]
    return nn.Sequential(*_convolution(width, width), last)


class Around(nn.Module):
    """Halve the maps, go through residual blocks, and add what comes out to where it came from."""

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        self.down = nn.Sequential(*_convolution(width, 2 * width, 2))
        self.blocks = nn.Sequential(*(Residual(2 * width) for _ in range(depth)))
        self.up = nn.Sequential(nn.Conv2d(2 * width, width, 1, bias=False), nn.BatchNorm2d(width))

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of the same shape."""
        above = self.up(self.blocks(self.down(maps)))
        return relu(maps + interpolate(above, maps.shape[2:], mode="nearest"))


class Residual(nn.Module):
    """One convolution beside its input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        convolution = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.change = nn.Sequential(convolution, nn.BatchNorm2d(width))

    def forward(self, maps: Tensor) -> Tensor:
        """Return maps of the same shape."""
        return relu(maps + self.change(maps))


def _convolution(before: int, after: int, stride: int = 1) -> list[nn.Module]:
    return [
        nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(),
    ]
