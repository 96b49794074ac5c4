"""Means over seeds with 95 % intervals, alone and as paired differences."""

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


@dataclass(frozen=True)
class Difference(Interval):
    """Distilled minus scratch, seed by seed: positive where the teacher raised the metric."""


def mean_interval(values: Sequence[float]) -> Interval:
    """Return the mean over seeds with its interval; NaN among the values makes all three NaN.

    Raises:
        ChoiceError: There are no values.
    """
    if len(values) == 0:
        raise ChoiceError("no seed was confirmed, so there is no mean. Set confirm.seeds to 2 or more.")
    return Interval(*_t_interval(values), n=len(values))


def paired_difference(distilled: Sequence[float], scratch: Sequence[float]) -> Difference:
    """Return the mean difference between twins that share a seed, with its interval.

    Pairing removes the spread that both twins owe to their seed, so few seeds can suffice.

    Args:
        distilled: Metric of the students trained with the teacher, one per seed.
        scratch: Metric of the same students without it, in the same order of seeds.

    Raises:
        ChoiceError: The lengths differ, or are zero.
    """
    if len(distilled) != len(scratch) or len(distilled) == 0:
        raise ChoiceError(
            f"{len(distilled)} distilled and {len(scratch)} scratch results cannot be paired: every seed "
            "needs both. Run the study again to confirm the missing ones."
        )
    differences = [with_teacher - alone for with_teacher, alone in zip(distilled, scratch, strict=True)]
    return Difference(*_t_interval(differences), n=len(differences))


def _t_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Return mean, low and high of at least one value."""
    mean = float(np.mean(values))
    if len(values) == 1:
        return mean, -math.inf, math.inf
    # The same quantile as scipy.stats.t.ppf, from a module that is imported six times faster.
    quantile = float(stdtrit(len(values) - 1, (1 + CONFIDENCE) / 2))
    half = quantile * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return mean, mean - half, mean + half
