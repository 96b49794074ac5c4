"""When a training counts as hanging."""

from __future__ import annotations

from collections.abc import Sequence

from kdorch.study import Study

TRY = 600.0  # seconds that a few steps may take, or two rows
_TIMES = 100  # of what it should take: a busy machine, or a teacher who answers meanwhile, must not matter
_HOUR = 3600.0
_DAY = 24 * _HOUR


def patience(study: Study, seconds: Sequence[float]) -> float:
    """Return how many seconds a training may take.

    Args:
        study: The study.
        seconds: What those at the ends of its search space should take; none where nobody knows.
    """
    if study.search.deadline != "auto":
        return study.search.deadline
    return max(_HOUR, _TIMES * max(seconds)) if seconds else _DAY
