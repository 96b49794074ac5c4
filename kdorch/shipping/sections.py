"""Sections of a model card about how good a student is, and for what."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kdorch.choosing.intervals import Interval

UNKNOWN = "—"
_SHOWN_CLASSES = 30
_FEW = 30  # rows: a share of fewer has a standard error of up to nine points, or more

Values = Sequence[float]
ByClass = Mapping[str, Mapping[str, float]]


def value(values: Values | Interval) -> str:
    """Return values, one for each seed, as a cell of a table: their mean, and half of its interval."""
    if isinstance(values, Sequence):
        if not values:
            return UNKNOWN
        from kdorch.choosing.intervals import mean_interval  # here, for cards to stay cheap to import

        values = mean_interval(values)
    if values.n == 1:
        return f"{values.mean:.4g}"
    return f"{values.mean:.4g} ± {values.high - values.mean:.2g} ({values.n} seeds)"


def by_class(found: ByClass) -> tuple[tuple[str, ...], list[tuple[str, ...]], str]:
    """Return the header, the rows and a remark of the table of classes, those that are missed most first."""
    ordered = sorted(found, key=lambda name: _first(found[name]["recall"]))
    rows = [(name, *(_cell(figure) for figure in found[name].values())) for name in ordered[:_SHOWN_CLASSES]]
    rest = len(ordered) - len(rows)
    remark = (
        "On the validation rows, those that are missed most first: the test rows are locked, and not read "
        "again for this. The student was chosen on validation rows, so they flatter it a little."
    )
    return ("class", *next(iter(found.values()))), rows, f"{remark} {rest} more classes." if rest else remark


def few(found: ByClass) -> str:
    """Return which classes have too few rows to say much of them, as a sentence; empty if none has."""
    rare = [f"{name} ({figures['rows']:.0f})" for name, figures in found.items() if figures["rows"] < _FEW]
    if not rare:
        return ""
    rest = len(rare) - _SHOWN_CLASSES
    told = ", ".join(rare[:_SHOWN_CLASSES]) + (f" and {rest} more" if rest > 0 else "")
    return f"Results by class are rough where it has fewer than {_FEW} validation rows: {told}."


def _first(recall: float) -> float:
    return math.inf if math.isnan(recall) else recall


def _cell(figure: float) -> str:
    if math.isnan(figure):
        return UNKNOWN
    return f"{figure:.0f}" if isinstance(figure, int) else f"{figure:.3f}"
