"""Slices: a score against one parameter at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from kdorch.choosing.numbers import readable
from kdorch.reporting import marks
from kdorch.reporting.frame import by_decades
from kdorch.reporting.names import axis_name
from kdorch.reporting.page.drawing import figure, style, svg
from kdorch.reporting.scene import sensible_range

_ACROSS, _PAIRS = 3, (2, 4)  # pictures in a line, or two where that leaves no gap
_SHOWN = 14  # characters of an option


@dataclass(frozen=True)
class Slice:
    """One parameter.

    Attributes:
        name: Of the parameter.
        values: Of each trial; numbers, or words for options.
        scores: Of each trial.
        best: Whether each trial is on the front.
        log: Whether it was drawn by its logarithm.
    """

    name: str
    values: pd.Series
    scores: pd.Series
    best: pd.Series
    log: bool


def slices_svg(metric: str, slices: Sequence[Slice], told: str) -> str:
    """Draw small pictures, side by side, with the same scale upwards."""
    across = 2 if len(slices) in _PAIRS else min(_ACROSS, len(slices))
    rows = -(-len(slices) // across)
    with style():
        drawn = figure(7.2, 0.7 + 1.9 * rows)  # with room for a long name upwards
        grid = drawn.subplots(rows, across, sharey=True, squeeze=False)
        for axes in grid.flat:
            axes.set_visible(False)
        for axes, each in zip(grid.flat, slices, strict=False):
            _draw(axes, each)
        for line in grid:
            line[0].set_ylabel(axis_name(metric))
        scores = pd.concat([each.scores for each in slices]).to_numpy(dtype=np.float64)
        front = pd.concat([each.scores[each.best] for each in slices]).to_numpy(dtype=np.float64)
        low, high = sensible_range(front, scores) if len(front) else (scores.min(), scores.max())
        margin = 0.08 * (high - low) or 0.05 * abs(high) or 1.0
        grid[0][0].set_ylim(low - margin, high + margin)
    return svg(drawn, "slices", told)


def _draw(axes: Axes, each: Slice) -> None:
    axes.set_visible(True)
    axes.set_xlabel(each.name)
    numbers = pd.api.types.is_numeric_dtype(each.values) and not pd.api.types.is_bool_dtype(each.values)
    places = each.values.astype(float) if numbers else _places(axes, each.values.astype(str))
    for chosen, colour, size, strength in ((~each.best, marks.GREY, 12, 0.5), (each.best, marks.BLUE, 22, 1)):
        x, y = places[chosen], each.scores[chosen]
        axes.scatter(x, y, s=size, color=colour, alpha=strength, linewidths=0, zorder=3)
    if numbers and each.log and (places > 0).all():
        by_decades(axes, places.min(), places.max())
    if numbers:
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: readable(value)))


def _places(axes: Axes, options: pd.Series) -> pd.Series:
    """Give each option a place, and its trials a little room beside each other."""
    names = sorted(set(options))
    short = [name if len(name) <= _SHOWN else f"{name[: _SHOWN - 1]}…" for name in names]
    axes.set_xticks(range(len(names)), short)
    axes.set_xlim(-0.6, len(names) - 0.4)
    spread = np.resize(np.linspace(-0.22, 0.22, 7), len(options))
    return options.map({name: place for place, name in enumerate(names)}) + spread
