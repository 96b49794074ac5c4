"""Vectors without their mean and length, which is what correlations compare, and the way back."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

_NOTHING = 1e-8  # squares of what is much smaller are 0 in single precision
_ROUNDING = 16  # times the machine's precision: what is left of a constant when its mean is taken away


def unit(values: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """Return values without their mean at length 1, and the length that they had.

    A constant vector has no direction: it becomes 0, its length infinite, so that no gradient goes through
    it.
    """
    import torch

    centred = values - values.mean(dim, keepdim=True)
    length = centred.norm(dim=dim, keepdim=True)
    least = _ROUNDING * torch.finfo(values.dtype).eps * values.detach().norm(dim=dim, keepdim=True)
    length = length.masked_fill(length < least.clamp(min=_NOTHING), inf)
    return centred / length, length


def through_unit(slope: Tensor, units: Tensor, length: Tensor, dim: int) -> Tensor:
    """Return a derivative by what `unit` answered, of mean 0, as the derivative by what it was given."""
    along = (slope * units).sum(dim, keepdim=True)
    return (slope - along * units) / length
