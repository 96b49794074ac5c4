"""Learning curves: a score after each epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from kdorch.reporting import marks
from kdorch.reporting.levels import VERMILION
from kdorch.reporting.names import axis_name
from kdorch.reporting.page.drawing import figure, style, svg

_LATE = 0.25  # the share of epochs after which every point is in view: the first ones would squash the others
_ROOM = 13.0  # points between two names

Curve = Mapping[int, float]


def curves_svg(
    metric: str, curves: Mapping[str, Curve], strong: str, teacher: float | None, told: str, name: str
) -> str:
    """Draw some curves, each with its name at the end.

    Args:
        metric: The score.
        curves: Epoch to score, by name.
        strong: Which of them stands out.
        teacher: The teacher's score.
        told: What the picture shows, in words.
        name: Of the picture.
    """
    with style():
        drawn = figure(7.2, 3.6)
        axes = drawn.add_subplot(xlabel="Epoch", ylabel=axis_name(metric))
        for label, curve in curves.items():
            look: dict[str, Any] = (
                {"color": marks.BLUE, "linewidth": 2.0, "zorder": 4}
                if label == strong
                else {"color": marks.GREY, "linewidth": 1.1, "zorder": 3}
            )
            axes.plot(list(curve), list(curve.values()), **look)
        if teacher is not None:
            axes.axhline(teacher, color=VERMILION, linewidth=1.2, linestyle=(0, (5, 3)), zorder=2)
        _look_at_the_end(axes, list(curves.values()), teacher)
        drawn.draw_without_rendering()
        ends = {label: (max(curve), curve[max(curve)]) for label, curve in curves.items()}
        if teacher is not None:
            ends["teacher"] = (max(end for end, _ in ends.values()), teacher)
        _write_names(axes, ends, strong, drawn.dpi)
    return svg(drawn, name, told)


def _look_at_the_end(axes: Axes, curves: Sequence[Curve], teacher: float | None) -> None:
    last = max(max(curve) for curve in curves)
    late = [value for curve in curves for epoch, value in curve.items() if epoch >= _LATE * last]
    seen = np.array(late + ([] if teacher is None else [teacher]))
    low, high = float(seen.min()), float(seen.max())
    margin = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    axes.set_ylim(low - margin, high + margin)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlim(min(min(curve) for curve in curves), last)


def _write_names(axes: Axes, ends: Mapping[str, tuple[int, float]], strong: str, dpi: float) -> None:
    """Write the name of each curve beside its end, moved up or down where two would overlap."""
    points = marks.POINTS_PER_INCH / dpi
    places = {label: float(axes.transData.transform(end)[1]) * points for label, end in ends.items()}
    free = -np.inf
    for label, place in sorted(places.items(), key=lambda item: item[1]):
        free = max(place, free + _ROOM)
        colour = {strong: marks.BLUE, "teacher": VERMILION}.get(label, marks.INK)
        axes.annotate(
            label,
            (1, ends[label][1]),
            xycoords=axes.get_yaxis_transform(),
            xytext=(5, free - place),
            textcoords="offset points",
            color=colour,
            fontsize=marks.SMALL,
            verticalalignment="center",
            annotation_clip=False,
        )
