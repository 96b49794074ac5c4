"""What small networks for images are made of."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

import kdorch

Block = Callable[[int, int, int], nn.Module]  # channels before and after, stride


def stages(
    block: Block, channels: int, width: int, depths: tuple[int, int], stride: int, outputs: int
) -> kdorch.Stages:
    """Return a network of a first convolution and three stages of blocks.

    Contiguous as it stands: with channels last PyTorch 2.13 (oneDNN) writes beyond its memory for some
    shapes. Whether a training may use it is decided by looking at the network.

    Args:
        block: Makes a block.
        channels: Of the images.
        width: Channels of the first stage.
        depths: Blocks of the first stage, after its convolution, and of each other stage.
        stride: Of the first convolution.
        outputs: Logits per row.
    """
    first, others = depths
    early = nn.Sequential(unit(channels, width, stride=stride), *_stage(block, width, width, first, 1))
    middle = nn.Sequential(*_stage(block, width, 2 * width, others, 2))
    late = nn.Sequential(*_stage(block, 2 * width, 4 * width, others, 2))
    head = nn.Sequential(Mean(), nn.Linear(4 * width, outputs))
    return kdorch.Stages(early=early, middle=middle, late=late, head=head)


def _stage(block: Block, before: int, after: int, depth: int, stride: int) -> list[nn.Module]:
    if not depth:
        return []
    return [block(before, after, stride), *(block(after, after, 1) for _ in range(depth - 1))]


def unit(
    before: int, after: int, side: int = 3, *, stride: int = 1, groups: int = 1, active: bool = True
) -> nn.Sequential:
    """Return a convolution with batch norm and, if it is active, ReLU."""
    convolution = nn.Conv2d(before, after, side, stride, padding=side // 2, groups=groups, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), *([nn.ReLU()] if active else []))


class Mean(nn.Module):
    """Maps to one vector for each row, as adaptive pooling does, which cannot be stacked (vmap) at speed."""

    def forward(self, maps: Tensor) -> Tensor:
        """Return the mean over positions, shape (rows, channels)."""
        return maps.mean((2, 3))


def plain(before: int, after: int, stride: int) -> nn.Module:
    """Return a 3 x 3 convolution."""
    return unit(before, after, stride=stride)


def separable(before: int, after: int, stride: int) -> nn.Module:
    """Return a 3 x 3 convolution of each channel, and a 1 x 1 convolution of all (Howard et al. 2017)."""
    return nn.Sequential(unit(before, before, stride=stride, groups=before), unit(before, after, 1))


class Residual(nn.Module):
    """Two 3 x 3 convolutions, and a way around them (He et al., CVPR 2016).

    Args:
        before: Channels that come in.
        after: Channels that go out.
        stride: Of the first convolution.
    """

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.way = nn.Sequential(unit(before, after, stride=stride), unit(after, after, active=False))
        changes = before != after or stride > 1
        self.around = unit(before, after, 1, stride=stride, active=False) if changes else nn.Identity()

    def forward(self, maps: Tensor) -> Tensor:
        """Return the sum of both ways, if positive."""
        return torch.relu(self.way(maps) + self.around(maps))
