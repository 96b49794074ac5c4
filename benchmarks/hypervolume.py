"""How good a front is, as one number."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

_WORST_ERROR = 0.5


def hypervolume(values: Iterable[Sequence[float]], largest: float) -> float:
    """Return the area that trials dominate, in error and in the logarithm to base 10 of the size.

    Args:
        values: Accuracy and number of parameters of each trial.
        largest: Number of parameters from which the area is counted, together with an error of 0.5.
    """
    points = sorted((math.log10(size), 1 - accuracy) for accuracy, size in values)
    area, lowest = 0.0, _WORST_ERROR
    for size, error in points:
        if error < lowest:
            area += (lowest - error) * max(0.0, math.log10(largest) - size)
            lowest = error
    return area
