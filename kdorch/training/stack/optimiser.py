"""AdamW over a flat buffer in which each network has its own learning rate and decay."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from kdorch.training.optimiser import begun, step_fused


class FlatAdamW:
    """Decoupled weight decay (Loshchilov & Hutter, ICLR 2019, algorithm 2), number by number.

    Torch's fused kernel passes over the numbers once, a formula of tensors nine times; but it takes one
    learning rate. So it trains the weights in units of their own, in which a step is as long for all.

    Args:
        flat: What to train, in place.
        gradient: Its gradient.
        rates: Learning rate of each number.
        decays: Weight decay of each, per unit of learning rate.
    """

    def __init__(self, flat: Tensor, gradient: Tensor, rates: Tensor, decays: Tensor) -> None:
        self._flat, self._gradient, self._rates = flat, gradient, rates
        self._scaled, self._shrinking = flat / rates, rates * decays
        self._state = begun(flat)

    def keep(self, flat: Tensor, gradient: Tensor, select: Callable[[Tensor], Tensor]) -> None:
        """Go on with some of the networks.

        Args:
            flat: Their weights.
            gradient: Their gradient.
            select: Returns their numbers out of all.
        """
        self._flat, self._gradient = flat, gradient
        self._rates, self._shrinking = select(self._rates), select(self._shrinking)
        self._scaled = select(self._scaled)
        self._state |= {name: select(self._state[name]) for name in ("exp_avg", "exp_avg_sq")}

    def step(self, share: float) -> None:
        """Take a step with this share of the learning rates."""
        self._scaled.addcmul_(self._scaled, self._shrinking, value=-share)
        step_fused([self._scaled], [self._gradient], [self._state], share, decay=0.0)
        torch.mul(self._scaled, self._rates, out=self._flat)
