"""The marks of the picture: each function adds one kind to the axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kdorch.choosing.front import Floats
from kdorch.choosing.numbers import readable
from kdorch.reporting.names import amount
from kdorch.reporting.scene import Corner, Scene

# Okabe and Ito's colours: told apart by colour-blind readers.
BLUE, VERMILION = "#0072B2", "#D55E00"
INK, GREY = "#333333", "#8A8A8A"
SMALL = 8.5  # points
NUMBER_ROOM = (22.0, 12.0)  # points: width and height kept free for one trial number
POINTS_PER_INCH = 72


def draw_trials(axes: Axes, scene: Scene) -> None:
    """Draw every trial as a faint dot."""
    axes.scatter(
        scene.trials["x"],
        scene.trials["y"],
        s=16,
        color=GREY,
        alpha=0.4,
        linewidths=0,
        label="trial",
        zorder=2,
    )


def draw_front(axes: Axes, scene: Scene) -> None:
    """Draw the front's markers, and where it is a staircase, what is reached at each size."""
    steps = {"drawstyle": "steps-post" if scene.corner[0] < 0 else "steps-pre"}
    markers = {"marker": "o", "markersize": 6.5, "markeredgecolor": "white", "color": BLUE}
    line = steps if scene.staircase else {"linestyle": "none"}
    axes.plot(scene.front["x"], scene.front["y"], label="Pareto front", zorder=4, **markers, **line)


def draw_pairs(axes: Axes, scene: Scene) -> None:
    """Draw confirmed means, and their twins without a teacher joined to them by thin lines."""
    _draw_means(axes, scene.confirmed, "confirmed: mean over seeds, 95 % interval", filled=True)
    twins = scene.scratch
    axes.vlines(twins["x"], twins["y"], twins["partner"], color=INK, linewidth=0.9, zorder=3)
    _draw_means(axes, twins, "the same without a teacher", filled=False)


def draw_teacher(axes: Axes, scene: Scene, teacher: Mapping[str, float]) -> None:
    """Draw the teacher's quality as a line, named in the ideal corner, and a star if its size is in view."""
    across, up = scene.corner
    quality, size = teacher[scene.y], teacher.get(scene.x)
    words = readable(quality) if size is None else f"{readable(quality)}, {amount(scene.x, size)}"
    axes.axhline(quality, color=VERMILION, linewidth=1.2, linestyle=(0, (5, 3)), zorder=3)
    edge = (0.0 if across < 0 else 1.0, quality)
    _write(axes, f"teacher: {words}", edge, (-across, up), VERMILION, xycoords=axes.get_yaxis_transform())
    low, high = axes.get_xlim()
    if size is not None and low <= size <= high:
        axes.plot([size], [quality], marker="*", markersize=13, color=VERMILION, linestyle="none", zorder=5)


def draw_numbers(axes: Axes, scene: Scene, dots_per_inch: float) -> None:
    """Write trial numbers beside the front where there is room: confirmed ones first, then the ends."""
    front, last = scene.front, len(scene.front) - 1
    confirmed = front["trial"].isin(scene.confirmed["trial"]).tolist()
    order = sorted(range(len(front)), key=lambda row: (not confirmed[row], row not in (0, last)))
    pixels = axes.transData.transform(front[["x", "y"]].to_numpy())
    for row in spread_out(pixels * POINTS_PER_INCH / dots_per_inch, order, NUMBER_ROOM):
        point = (float(front["x"].iloc[row]), float(front["y"].iloc[row]))
        _write(axes, str(front["trial"].iloc[row]), point, scene.corner, BLUE)


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


def _draw_means(axes: Axes, means: pd.DataFrame, label: str, *, filled: bool) -> None:
    if means.empty:
        return
    # A single seed has an infinite interval, which is drawn as none.
    reach = means[["low", "high"]].sub(means["y"], axis=0).abs()
    bars = reach.where(np.isfinite(reach)).to_numpy().T
    look = {"color": INK, "markerfacecolor": INK if filled else "white", "linestyle": "none", "zorder": 6}
    axes.errorbar(
        means["x"],
        means["y"],
        bars,
        marker="D",
        markersize=5.5,
        capsize=3,
        elinewidth=1.1,
        label=label,
        **look,
    )


def _write(
    axes: Axes, text: str, point: tuple[float, float], side: Corner, color: str, **placing: Any
) -> None:
    """Write a text that lies on this side of the point."""
    across, up = side
    axes.annotate(
        text,
        point,
        xytext=(4 * across, 4 * up),
        textcoords="offset points",
        color=color,
        fontsize=SMALL,
        horizontalalignment="right" if across < 0 else "left",
        verticalalignment="bottom" if up > 0 else "top",
        zorder=7,
        **placing,
    )
