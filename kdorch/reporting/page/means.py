"""Students with the teacher and without it, beside the teacher: means, intervals and every seed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes

from kdorch.choosing.intervals import Interval
from kdorch.reporting import marks
from kdorch.reporting.levels import VERMILION
from kdorch.reporting.names import axis_name
from kdorch.reporting.page.drawing import figure, link, style, svg

_WIDTH, _EACH, _AROUND = 7.2, 0.62, 1.25  # inches
_BELOW = 0.1  # where seeds are drawn
_APART = 0.19  # of a student from its twin; candidates are 1 apart


@dataclass(frozen=True)
class Confirmed:
    """One confirmed student.

    Attributes:
        name: Its name.
        anchor: Of its card.
        student: Mean and interval.
        twin: The same without a teacher, if there is one.
        seeds: Every seed of the student.
        twins: Every seed of the twin.
    """

    name: str
    anchor: str
    student: Interval
    twin: Interval | None
    seeds: Sequence[float]
    twins: Sequence[float]


def means_svg(metric: str, confirmed: Sequence[Confirmed], levels: Mapping[str, float], told: str) -> str:
    """Draw them, the first at the top.

    Args:
        metric: The score.
        confirmed: The students.
        levels: The score of the teacher, which is the first, and of references, by name.
        told: What the picture shows, in words.
    """
    with style():
        drawn = figure(_WIDTH, _AROUND + _EACH * len(confirmed))
        axes = drawn.add_subplot(xlabel=axis_name(metric))
        for place, each in enumerate(confirmed):
            _draw(axes, place, each)
        for position, (name, level) in enumerate(levels.items()):
            colour, dashes = (marks.GREY, (1, 2)) if position else (VERMILION, (5, 3))
            axes.axvline(level, label=name, linewidth=1.2, color=colour, linestyle=(0, dashes), zorder=1)
        axes.set_yticks(range(len(confirmed)), [each.name for each in confirmed])
        axes.set_ylim(len(confirmed) - 0.45, -0.55)
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        link(
            axes,
            [each.student.mean for each in confirmed],
            [place - _APART for place in range(len(confirmed))],
            [f"#{each.anchor}" for each in confirmed],
        )
        drawn.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=3, borderpad=0)
    return svg(drawn, "means", told, {f"#{each.anchor}": each.name for each in confirmed})


def _draw(axes: Axes, place: int, each: Confirmed) -> None:
    first = place == 0
    _draw_mean(
        axes,
        place - _APART,
        each.student,
        each.seeds,
        {"color": marks.BLUE, "markerfacecolor": marks.BLUE, "elinewidth": 2.2},
        "with the teacher" if first else "",
    )
    if each.twin is not None:
        look = {"color": marks.INK, "markerfacecolor": "white", "elinewidth": 1.1, "capsize": 3}
        _draw_mean(axes, place + _APART, each.twin, each.twins, look, "without it" if first else "")


def _draw_mean(
    axes: Axes, y: float, mean: Interval, seeds: Sequence[float], look: dict[str, Any], label: str
) -> None:
    axes.scatter(seeds, [y + _BELOW] * len(seeds), s=9, color=marks.GREY, linewidths=0, zorder=2)
    reach = [[mean.mean - mean.low], [mean.high - mean.mean]] if math.isfinite(mean.high) else None
    look = {"marker": "D", "markersize": 6, "linestyle": "none", "zorder": 6, **look}
    axes.errorbar([mean.mean], [y], xerr=reach, label=label, **look)
