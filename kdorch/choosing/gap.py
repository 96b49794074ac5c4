"""How much of the gap to the teacher a student closes that one without a teacher leaves.

The share is (student - twin) / (teacher - twin). Both of these means are open, so the interval is Fieller's
(Journal of the Royal Statistical Society B 16, 1954): all shares r for which (student - twin) - r (teacher -
twin) cannot be told from 0, over seeds and test rows as `crossed` has it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from kdorch.choosing.crossed import Scored, spread
from kdorch.choosing.intervals import CONFIDENCE, Interval
from kdorch.kinds import Direction

_STEPS = tuple(2.0**power for power in range(-8, 11))  # from the share on; beyond the last is no end


def closed(
    student: Scored, twin: Scored, teacher: Scored, direction: Direction, confidence: float = CONFIDENCE
) -> Interval | None:
    """Return the share with its interval; None where nobody can tell that there is a gap.

    Args:
        student: Of two seeds at least.
        twin: Without a teacher, of the same seeds.
        teacher: Of the same seeds; one that is trained once comes to the same at each.
        direction: Which way of the score is better.
        confidence: Of the interval; above 95 % where several are to hold together.
    """
    gap, gain = teacher.over(twin), student.over(twin)
    if len(gain.scores) <= 1:  # a single seed says nothing about the spread
        return None
    whole = spread(gap).interval(CONFIDENCE)
    if not (whole.low > 0 if direction == "max" else whole.high < 0):
        return None
    share = spread(gain).mean / whole.mean

    def excess(share: float) -> float:
        """Return how much further from 0 what is left of the gain is than chance takes it."""
        left = spread(_less(gain, gap, share))
        return abs(left.mean) - float(left.half(confidence))

    return Interval(share, _end(excess, share, -1), _end(excess, share, +1), len(gain.scores))


def _less(gain: Scored, gap: Scored, share: float) -> Scored:
    """Return what is left of a gain without a share of the gap."""
    return gain.over(
        Scored(
            {seed: share * score for seed, score in gap.scores.items()},
            {seed: share * rows for seed, rows in gap.rows.items()},
        )
    )


def _end(excess: Callable[[float], float], share: float, sign: int) -> float:
    """Return the first share on one side that can be told from this one; infinity if none can."""
    from scipy.optimize import brentq  # here, as most who look at a study have no gap to measure

    before = share
    for step in _STEPS:
        after = share + sign * step
        if excess(after) > 0:
            return float(brentq(excess, before, after))
        before = after
    return sign * math.inf
