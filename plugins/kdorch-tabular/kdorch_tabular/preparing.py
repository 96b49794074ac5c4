"""Arithmetic for counts that are mostly zero, and now and then large."""

from __future__ import annotations

from torch import Tensor, nn

import kdorch


class Logarithms(nn.Module):
    """A table (rows, columns) of numbers from 0 to the standardised logarithms of them and a tenth.

    Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, do so with these data: percentages
    between 0 and 10 and lengths up to 15,841 become comparable.
    """

    def __init__(self, inputs: Tensor) -> None:
        super().__init__()
        self.standardize = kdorch.Standardize(_logarithm(inputs))

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the prepared columns, float32."""
        prepared: Tensor = self.standardize(_logarithm(inputs))
        return prepared


def _logarithm(inputs: Tensor) -> Tensor:
    return (inputs.double() + 0.1).log()
