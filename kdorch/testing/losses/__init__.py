"""The contract of losses."""

from kdorch.testing.losses.edges import EdgeChecks
from kdorch.testing.losses.gradients import GradientChecks
from kdorch.testing.losses.tokens import TokenChecks
from kdorch.testing.losses.values import ValueChecks

__all__ = ["LossContract"]


class LossContract(TokenChecks, EdgeChecks, GradientChecks, ValueChecks):
    """What a loss keeps.

    Class attributes:
        loss: The loss.
        shape: Of one row of each feature, channels first, for losses on features; (8, 4, 4) by default.
    """
