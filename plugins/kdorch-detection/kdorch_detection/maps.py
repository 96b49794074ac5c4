"""Boxes as maps, and what two sets of maps are to each other."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from kdorch_detection.task import STRIDE

# A normal distribution of which the box, shrunk to .54 of its size, holds six deviations: Liu et al. 2020,
# Training-Time-Friendly Network, arXiv:1909.00700.
_DEVIATION = 0.54 / 6
_FOCUS = 2  # alpha and beta of the penalty-reduced focal loss
_PENALTY = 4


class Wanted(NamedTuple):
    """What a network should answer.

    Attributes:
        heat: 1 at the centre of a box, less around it; (rows, classes, height, width).
        there: Which of the boxes are any, bool, (rows, boxes).
        place: Row and column of each centre, int64, (rows, boxes).
        regressed: Offset and logarithm of the size, (rows, boxes, 4).
    """

    heat: Tensor
    there: Tensor
    place: tuple[Tensor, Tensor]
    regressed: Tensor


def wanted(targets: Tensor, classes: int, height: int, width: int) -> Wanted:
    """Return what a network should answer for boxes of shape (rows, boxes, 5), on maps of this size."""
    there = targets[..., 4] >= 0
    somewhere = targets.new_tensor([0, 0, STRIDE, STRIDE])
    boxes = torch.where(there[..., None], targets[..., :4], somewhere) / STRIDE
    centre, size = (boxes[..., :2] + boxes[..., 2:]) / 2, boxes[..., 2:] - boxes[..., :2]
    column, row = (
        centre[..., axis].long().clamp(max=count - 1) for axis, count in enumerate((width, height))
    )
    middle = torch.stack([column, row], dim=-1) + 0.5
    regressed = torch.cat([centre - middle, size.log()], dim=-1)
    across, down = (
        _bell(torch.arange(count, device=targets.device), at, size[..., axis])
        for axis, (count, at) in enumerate(((width, column), (height, row)))
    )
    bells = (down[..., :, None] * across[..., None, :]) * there[..., None, None]
    heat = bells.new_zeros(len(targets), classes, height, width)
    which = targets[..., 4].long().clamp(min=0)[..., None, None].expand_as(bells)
    return Wanted(heat.scatter_reduce(1, which, bells, "amax"), there, (row, column), regressed)


def _bell(positions: Tensor, centre: Tensor, size: Tensor) -> Tensor:
    distance = positions - centre[..., None]
    return (-0.5 * (distance / (_DEVIATION * size[..., None])).square()).exp()


def losses(logits: Tensor, targets: Tensor, classes: int) -> Tensor:
    """Return the loss of each row, shape (rows,), in single precision at least.

    The penalty-reduced focal loss on the heat map (Law, Deng 2018, CornerNet, arXiv:1808.01244) and the
    absolute error of offsets and log sizes at the centres, each divided by the number of boxes.
    """
    logits = logits if logits.dtype == torch.float64 else logits.float()
    answer = wanted(targets.to(logits.dtype), classes, *logits.shape[2:])
    heat = logits[:, :classes]
    sure, unsure = heat.sigmoid(), (-heat).sigmoid()
    found = unsure.pow(_FOCUS) * logsigmoid(heat)
    empty = (1 - answer.heat).pow(_PENALTY) * sure.pow(_FOCUS) * logsigmoid(-heat)
    focal = -torch.where(answer.heat == 1, found, empty).sum((1, 2, 3))
    rows = torch.arange(len(logits), device=logits.device)[:, None]
    said = logits[:, classes:][rows, :, *answer.place]
    errors = ((said - answer.regressed).abs().mean(-1) * answer.there).sum(1)
    return (focal + errors) / answer.there.sum(1).clamp(min=1)


def edges(maps: Tensor) -> Tensor:
    """Return the edges of the boxes that offsets and log sizes mean, in pixels: (rows, 4, height, width).

    None is larger than the image: where no box ever was, a network may say anything, and its exponential
    overflows.
    """
    height, width = maps.shape[2:]
    down, across = (torch.arange(count, device=maps.device) + 0.5 for count in (height, width))
    grid = torch.stack([across.expand(height, width), down[:, None].expand(height, width)])
    centre, half = grid + maps[:, :2], maps[:, 2:].clamp(max=math.log(max(height, width))).exp() / 2
    return torch.cat([centre - half, centre + half], dim=1) * STRIDE


def differences(student: Tensor, teacher: Tensor, classes: int) -> tuple[float, float]:
    """Return the mean absolute difference of heat, and of the edges where the teacher sees a centre."""
    ours, theirs = (logits[:, :classes].sigmoid() for logits in (student, teacher))
    weight = theirs.amax(1)
    apart = (edges(student[:, classes:]) - edges(teacher[:, classes:])).abs().mean(1)
    return float((ours - theirs).abs().mean()), float((apart * weight).sum() / weight.sum())
