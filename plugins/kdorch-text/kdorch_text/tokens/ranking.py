"""Ids by falling frequency, so that a student may search how many of them it tells apart."""

from __future__ import annotations

import torch
from torch import Tensor

PADDING, UNKNOWN = 0, 1
SPECIAL = 2  # ids that stand for no token


def ranked(seen: Tensor, most: int) -> Tensor:
    """Return the most frequent of some numbers, most frequent first, at most so many."""
    found, counts = torch.unique(seen, return_counts=True)  # sorted, which settles ties
    order = counts.argsort(descending=True, stable=True)
    chosen: Tensor = found[order][:most]
    return chosen
