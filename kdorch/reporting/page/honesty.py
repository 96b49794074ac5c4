"""What teacher and student say of validation rows, beside what is true."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kdorch.choosing.front import Floats
from kdorch.choosing.numbers import readable
from kdorch.reporting import marks
from kdorch.reporting.levels import VERMILION
from kdorch.reporting.page.drawing import figure, style, svg

ENOUGH = 5  # answers, for the share of right ones among them to be drawn
_DOT, _GROWTH = 8.0, 5.0  # square points of a dot, and for the root of its rows
_LOOKS: dict[str, tuple[str, str, Any]] = {
    "teacher": (VERMILION, "s", (0, (5, 3))),
    "student": (marks.BLUE, "o", "solid"),
}


@dataclass(frozen=True)
class Bin:
    """Answers of about the same confidence.

    Attributes:
        low: Lower end of the confidences.
        high: Upper end.
        rows: How many answers.
        confidence: Their mean confidence.
        right: The share of them that is right.
    """

    low: float
    high: float
    rows: int
    confidence: float
    right: float


def bins(confidence: Floats, right: Floats, count: int = 10) -> list[Bin]:
    """Divide answers by their confidence, into ranges of the same width; empty ones are left out."""
    edges = np.linspace(0, 1, count + 1)
    which = np.clip(np.digitize(confidence, edges[1:-1], right=True), 0, count - 1)
    return [
        Bin(
            float(edges[place]),
            float(edges[place + 1]),
            int((which == place).sum()),
            float(confidence[which == place].mean()),
            float(right[which == place].mean()),
        )
        for place in range(count)
        if (which == place).any()
    ]


def reliability_svg(models: Mapping[str, Sequence[Bin]], told: str) -> str:
    """Draw how often answers of ``teacher`` and ``student`` are right, by their confidence."""
    with style():
        drawn = figure(4.9, 3.7)
        axes = drawn.add_subplot(xlabel="Confidence", ylabel="Share that is right")
        axes.plot([0, 1], [0, 1], color=marks.GREY, linewidth=1, label="honest", zorder=1)
        for name, found in models.items():
            colour, marker, line = _LOOKS[name]
            many = [each for each in found if each.rows >= ENOUGH]
            x, y = [each.confidence for each in many], [each.right for each in many]
            sizes = [_DOT + _GROWTH * math.sqrt(each.rows) for each in many]
            axes.plot(x, y, color=colour, linestyle=line, linewidth=1, zorder=2)
            axes.scatter(x, y, s=sizes, color=colour, marker=marker, linewidths=0, label=name, zorder=3)
        axes.legend(loc="lower right")
    return svg(drawn, "reliability", told)


def predictions_svg(name: str, true: Floats, said: Mapping[str, Floats], told: str, anchor: str) -> str:
    """Draw what was predicted against what is true, of one number, by ``teacher`` and ``student``."""
    with style():
        drawn = figure(7.2, 3.4)
        grid = drawn.subplots(1, len(said), sharex=True, sharey=True, squeeze=False)[0]
        ends = (
            float(min(true.min(), *(each.min() for each in said.values()))),
            float(max(true.max(), *(each.max() for each in said.values()))),
        )
        for axes, (who, values) in zip(grid, said.items(), strict=True):
            axes.plot(ends, ends, color=marks.GREY, linewidth=1, zorder=1)
            axes.scatter(true, values, s=12, color=_LOOKS[who][0], alpha=0.6, linewidths=0, zorder=3)
            axes.set(xlabel=f"{name}, true", title=who)
            axes.title.set_fontsize(10)
            axes.locator_params(nbins=5)
            axes.xaxis.set_major_formatter(lambda value, _: readable(value))
        grid[0].set_ylabel(f"{name}, predicted")
    return svg(drawn, anchor, told)
