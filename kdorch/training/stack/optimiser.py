"""AdamW over a flat buffer in which each network has its own learning rate and decay."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

_BETAS, _EPSILON = (0.9, 0.999), 1e-8  # torch's defaults


class FlatAdamW:
    """Decoupled weight decay (Loshchilov & Hutter, ICLR 2019, algorithm 2), number by number.

    Args:
        flat: What to train, in place.
        gradient: Its gradient.
        rates: Learning rate of each number.
        decays: Weight decay of each, per unit of learning rate.
    """

    def __init__(self, flat: Tensor, gradient: Tensor, rates: Tensor, decays: Tensor) -> None:
        self._flat, self._gradient, self._rates = flat, gradient, rates
        self._shrinking = rates * decays
        self._mean, self._square = torch.zeros_like(flat), torch.zeros_like(flat)
        self._steps = 0

    def keep(self, flat: Tensor, gradient: Tensor, select: Callable[[Tensor], Tensor]) -> None:
        """Go on with some of the networks.

        Args:
            flat: Their weights.
            gradient: Their gradient.
            select: Returns their numbers out of all.
        """
        self._flat, self._gradient = flat, gradient
        self._rates, self._shrinking = select(self._rates), select(self._shrinking)
        self._mean, self._square = select(self._mean), select(self._square)

    def step(self, share: float) -> None:
        """Take a step with this share of the learning rates."""
        self._steps += 1
        one, two = (1 - beta**self._steps for beta in _BETAS)
        self._mean.lerp_(self._gradient, 1 - _BETAS[0])
        self._square.mul_(_BETAS[1]).addcmul_(self._gradient, self._gradient, value=1 - _BETAS[1])
        spread = self._square.sqrt().div_(math.sqrt(two)).add_(_EPSILON)
        self._flat.addcmul_(self._flat, self._shrinking, value=-share)
        self._flat.addcmul_(self._mean.div(spread), self._rates, value=-share / one)
