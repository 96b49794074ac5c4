"""The marks of the picture: each function adds one kind to the axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.transforms import Transform

from kdorch.choosing.front import Floats
from kdorch.reporting.scene import Corner, Scene

# Okabe and Ito's colours, here and for the teacher: told apart by colour-blind readers.
BLUE = "#0072B2"
SEE_THROUGH = "55"  # alpha, appended to a colour
INK, GREY = "#333333", "#8A8A8A"
SMALL = 8.5  # points
DIGIT, MARGIN, HEIGHT = 5.5, 9.0, 13.0  # points: what a digit and a whole trial number need
POINTS_PER_INCH = 72


def draw_trials(axes: Axes, scene: Scene) -> None:
    """Draw every trial as a faint dot."""
    trials = scene.trials
    axes.scatter(trials["x"], trials["y"], s=16, color=GREY, alpha=0.4, linewidths=0, label="trial", zorder=2)


def draw_front(axes: Axes, scene: Scene) -> None:
    """Draw the front's markers and, where it is a staircase, what is reached at each size."""
    steps = {"drawstyle": "steps-post" if scene.corner[0] < 0 else "steps-pre"}
    look: dict[str, Any] = steps if scene.staircase else {"linestyle": "none"}
    label = "Pareto front, with trial numbers"
    look |= {"color": BLUE, "marker": "o", "markersize": 6.5, "markeredgecolor": "white", "zorder": 4}
    axes.plot(scene.front["x"], scene.front["y"], label=label, **look)


def draw_confirmed(axes: Axes, scene: Scene) -> None:
    """Draw confirmed means; their broad bars leave those of the twins visible."""
    look = {"markerfacecolor": INK, "ecolor": BLUE + SEE_THROUGH, "elinewidth": 6, "capsize": 0, "zorder": 5}
    _draw_means(axes, scene.confirmed, "confirmed: mean over seeds, 95 % interval", look)


def draw_scratch(axes: Axes, scene: Scene) -> None:
    """Draw the twins' means hollow, joined to their partners by thin lines."""
    twins = scene.scratch
    axes.vlines(twins["x"], twins["y"], twins["partner"], color=INK, linewidth=0.9, zorder=5)
    look = {"markerfacecolor": "white", "ecolor": INK, "elinewidth": 0.9, "capsize": 3, "zorder": 6}
    _draw_means(axes, twins, "without a teacher", look)


def draw_numbers(axes: Axes, scene: Scene, dots_per_inch: float) -> None:
    """Write trial numbers beside the front where there is room: confirmed ones first, then the ends."""
    front, last = scene.front, len(scene.front) - 1
    confirmed = front["trial"].isin(scene.confirmed["trial"]).tolist()
    order = sorted(range(len(front)), key=lambda row: (not confirmed[row], row not in (0, last)))
    places = axes.transData.transform(front[["x", "y"]].to_numpy()) * POINTS_PER_INCH / dots_per_inch
    room = (MARGIN + DIGIT * len(str(front["trial"].max())), HEIGHT)
    for row in spread_out(places, order, room):
        point = (float(front["x"].iloc[row]), float(front["y"].iloc[row]))
        write(axes, str(front["trial"].iloc[row]), point, scene.corner, color=BLUE, system=axes.transData)


def spread_out(positions: Floats, order: Sequence[int], room: tuple[float, float]) -> list[int]:
    """Return which positions can be labelled, asked in this order, so that no two labels overlap.

    Args:
        positions: Where the labels are, shape ``(n, 2)``.
        order: Rows of ``positions``, the most important first.
        room: Width and height of a label, in the unit of the positions.
    """
    kept: list[int] = []
    for row in order:
        apart = np.abs(positions[kept] - positions[row]) >= room
        if apart.any(axis=1).all():
            kept.append(row)
    return kept


def _draw_means(axes: Axes, means: pd.DataFrame, label: str, look: dict[str, Any]) -> None:
    if means.empty:
        return
    # A single seed has an infinite interval, which is drawn as none.
    reach = means[["low", "high"]].sub(means["y"], axis=0).abs()
    bars = reach.where(np.isfinite(reach)).to_numpy().T
    look = {"linestyle": "none", "marker": "D", "markersize": 5.5, "markeredgecolor": INK, **look}
    axes.errorbar(means["x"], means["y"], bars, label=label, **look)


def write(
    axes: Axes, text: str, point: tuple[float, float], side: Corner, *, color: str, system: Transform
) -> None:
    """Write a text that lies on this side of the point, which is given in this coordinate system."""
    across, up = side
    axes.annotate(
        text,
        point,
        xycoords=system,
        xytext=(4 * across, 4 * up),
        textcoords="offset points",
        color=color,
        fontsize=SMALL,
        horizontalalignment="right" if across < 0 else "left",
        verticalalignment="bottom" if up > 0 else "top",
        bbox={"boxstyle": "square,pad=0", "facecolor": "white", "edgecolor": "none"},
        zorder=7,
    )
