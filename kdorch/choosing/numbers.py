"""Numbers as people read them, the same in messages, tables and figures."""

from __future__ import annotations

import math

THOUSAND = 1000
HUNDREDTH = 0.01


def finite(value: float | None) -> float | None:
    """Return a number, or None for what is none: JSON has neither infinity nor NaN."""
    return value if value is not None and math.isfinite(value) else None


def readable(value: float) -> str:
    """Return four significant digits, or whole thousands: ``0.9753``, ``86,026``, ``1.2e-05``."""
    return f"{value:,.0f}" if abs(value) >= THOUSAND else f"{value:.4g}"


def percent(share: float) -> str:
    """Return a share with one decimal, or two significant digits where it is small: ``31.4%``, ``0.012%``."""
    return f"{share:.1%}" if abs(share) >= HUNDREDTH else f"{100 * share:.2g}%"
