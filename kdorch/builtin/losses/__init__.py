"""Terms of the objective, one file each."""

from kdorch.builtin.losses.hinton import Hinton
from kdorch.builtin.losses.logit_mse import LogitMse
from kdorch.builtin.losses.supervised import Supervised

__all__ = ["Hinton", "LogitMse", "Supervised"]
