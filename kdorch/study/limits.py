"""How far a metric may go."""

from __future__ import annotations

from typing import NamedTuple

from kdorch.kinds import Direction


class Limit(NamedTuple):
    """A bound that a student keeps; a list where it travels as JSON.

    Attributes:
        metric: What is limited.
        bound: The worst value allowed, itself included.
        direction: Which way is better: the bound is lower for ``max``, upper for ``min``.
    """

    metric: str
    bound: float
    direction: Direction

    def excess(self, value: float) -> float:
        """Return how far a value is beyond the bound; at or below zero keeps it."""
        return self.bound - value if self.direction == "max" else value - self.bound
