"""Means over seeds with 95 % intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from kdorch.errors import ChoiceError

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean over seeds and its two-sided 95 % t-interval.

    Attributes:
        mean: Mean of the values.
        low: Lower end; minus infinity for a single value, which says nothing about the spread.
        high: Upper end; infinity for a single value.
        n: Number of values, that is of seeds.
    """

    mean: float
    low: float
    high: float
    n: int


def mean_interval(values: Sequence[float]) -> Interval:
    """Return the mean over seeds with its interval; NaN among the values makes all three NaN.

    Raises:
        ChoiceError: There are no values.
    """
    if len(values) == 0:
        raise ChoiceError("no seed was confirmed, so there is no mean. Set confirm.seeds to 2 or more.")
    mean = float(np.mean(values))
    if len(values) == 1:
        return Interval(mean, -math.inf, math.inf, n=1)
    # The same quantile as scipy.stats.t.ppf, from a module that is imported six times faster.
    quantile = float(stdtrit(len(values) - 1, (1 + CONFIDENCE) / 2))
    half = quantile * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return Interval(mean, mean - half, mean + half, n=len(values))
