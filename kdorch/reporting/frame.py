"""The frame of the picture: style, scales, ranges, title and legend."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, ScalarFormatter

from kdorch.choosing.front import Floats
from kdorch.choosing.numbers import readable
from kdorch.reporting.marks import GREY, INK, SMALL
from kdorch.reporting.scene import Scene, sensible_range

PALE = "#E8E8E8"
DECADE = 10

STYLE = {
    "font.family": "DejaVu Sans",  # comes with matplotlib
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.titlesize": 11,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": PALE,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.frameon": False,
    "legend.fontsize": SMALL,
    "text.color": INK,
    "text.parse_math": False,  # a dollar sign in somebody's name is no formula
    "svg.fonttype": "path",  # outlines look the same in every browser, whatever fonts it has
    "svg.hashsalt": "kdorch",  # the same figure gives the same bytes
}


def style() -> AbstractContextManager[None]:
    """Shield the figure from the user's own matplotlib settings, and those from ours."""
    return matplotlib.style.context(["default", STYLE])


def scale(
    axes: Axes, scene: Scene, teacher: Mapping[str, float] | None, references: Mapping[str, float]
) -> None:
    """Set scales, ranges and ticks; of each reference the quality is given."""
    _scale_across(axes, scene)
    known = [] if teacher is None else [teacher[scene.y]]
    means = np.concatenate([scene.confirmed["y"].dropna(), scene.scratch["y"].dropna()])
    _scale_up(axes, scene, np.concatenate([scene.front["y"], means, known]), references)


def surround(axes: Axes, title: str) -> None:
    """Write the title, and the legend between it and the picture, where no trial can be."""
    entries = axes.get_legend_handles_labels()
    rows = -(-len(entries[0]) // 2)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderpad=0, borderaxespad=0.4)
    axes.set_title(title, pad=10 + 14 * rows)


def _scale_across(axes: Axes, scene: Scene) -> None:
    values = scene.trials["x"]
    axes.margins(x=0.05)
    if scene.x != "trial" and 0 < DECADE * values.min() < values.max():
        by_decades(axes, values.min(), values.max())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: readable(value)))
    axes.set_xlim(axes.get_xlim())


def by_decades(axes: Axes, low: float, high: float) -> None:
    """Scale across by the logarithm; where there are few decades, 2 and 5 are marked, too."""
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1,) if high > DECADE**2 * low else (1, 2, 5)))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _scale_up(axes: Axes, scene: Scene, important: Floats, references: Mapping[str, float]) -> None:
    values = scene.trials["y"].to_numpy()
    low, high = sensible_range(important, np.concatenate([values, list(references.values())]))
    margin = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    better = 0.08 * (high - low)  # room for the teacher's label
    up = scene.corner[1]
    axes.set_ylim(low - margin - better * (up < 0), high + margin + better * (up > 0))
    axes.yaxis.set_major_formatter(ScalarFormatter(useOffset=False))
    hidden = int(((values < low) | (values > high)).sum())
    left_out = [label for label, level in references.items() if not low <= level <= high]
    if hidden:
        left_out.insert(0, f"{hidden} {'trial' if hidden == 1 else 'trials'}")
    if left_out:
        axes.annotate(
            f"{', '.join(left_out)} out of view",
            (1, 0),
            xycoords="axes fraction",
            xytext=(0, -22),
            textcoords="offset points",
            horizontalalignment="right",
            verticalalignment="top",
            color=GREY,
            fontsize=SMALL,
        )
