"""Several small students trained as one: what costs a small network most, the way to each kernel, is shared.

The one door is `fit_stacked`, for one of the `lots` of trials of one `likeness`.
"""

from kdorch.training.stack.fitting import fit_stacked
from kdorch.training.stack.layers import Unstackable
from kdorch.training.stack.likeness import likeness
from kdorch.training.stack.lots import lots

__all__ = ["Unstackable", "fit_stacked", "likeness", "lots"]
