"""Numbers and names in the page's tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from kdorch.choosing.intervals import Interval
from kdorch.choosing.numbers import percent, readable
from kdorch.reporting.page.blocks import UNKNOWN

_LARGE = 10  # from here on decimals are more than anybody reads
_SIXTY = 60  # seconds of a minute, minutes of an hour


def score(value: float | None) -> str:
    """Return a score with four decimals, or four digits where it is large."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    return f"{value:.4f}" if abs(value) < _LARGE else readable(value)


def spread(mean: float | None, half: float | None) -> str:
    """Return a mean with half of its interval, where both are known: ``0.9450 ± 0.0089``."""
    known = half is not None and math.isfinite(half)
    return f"{score(mean)} ± {score(half)}" if known else score(mean)


def interval(found: Interval | None) -> str:
    """Return an interval about its mean."""
    return UNKNOWN if found is None else spread(found.mean, found.high - found.mean)


def ends(interval: Interval) -> str:
    """Return a difference with the ends of its interval: ``+0.0120 (+0.0031 to +0.0209)``."""
    if not math.isfinite(interval.high):
        return f"{interval.mean:+.4f}"
    return f"{interval.mean:+.4f} ({interval.low:+.4f} to {interval.high:+.4f})"


def share(value: float | None) -> str:
    """Return a share in percent."""
    return UNKNOWN if value is None else percent(value)


def seconds(value: float) -> str:
    """Return seconds as people say them: ``0.42 s``, ``13 s``, ``2 h 5 min``."""
    if value < 2 * _SIXTY:
        return f"{value:.2g} s" if value < _LARGE else f"{value:.0f} s"
    minutes = round(value / _SIXTY)
    return f"{minutes} min" if minutes < _SIXTY else f"{minutes // _SIXTY} h {minutes % _SIXTY} min"


def plain(value: Any) -> str:
    """Return a parameter or a metric as text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or pd.isna(value):
        return UNKNOWN
    return readable(float(value)) if hasattr(value, "__float__") else str(value)


def listed(words: Sequence[str]) -> str:
    """Return ``a, b and c``."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
