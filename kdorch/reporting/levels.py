"""The named lines across the picture: how good the teacher is, and each reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from matplotlib.axes import Axes

from kdorch.choosing.numbers import readable
from kdorch.reporting.marks import GREY, HEIGHT, INK, POINTS_PER_INCH, write
from kdorch.reporting.names import amount
from kdorch.reporting.scene import Scene

VERMILION = "#D55E00"


class Levels:
    """Draws lines, and keeps their names apart.

    Args:
        axes: With its final limits and place.
        scene: The trials.
        dots_per_inch: Of the figure.
    """

    def __init__(self, axes: Axes, scene: Scene, dots_per_inch: float) -> None:
        self._axes, self._scene = axes, scene
        self._points = POINTS_PER_INCH / dots_per_inch
        self._taken: list[tuple[int, float]] = []  # end of the line, and points from the bottom

    def draw_teacher(self, teacher: Mapping[str, float]) -> None:
        """Draw the teacher's quality, and a star on it if the teacher's size is in view."""
        axes, scene = self._axes, self._scene
        quality, size = teacher[scene.y], teacher.get(scene.x)
        words = readable(quality) if size is None else f"{readable(quality)}, {amount(scene.x, size)}"
        axes.axhline(quality, color=VERMILION, linewidth=1.2, linestyle=(0, (5, 3)), zorder=3)
        self._name(f"teacher: {words}", quality, VERMILION)
        low, high = axes.get_xlim()
        if size is not None and low <= size <= high:
            axes.plot(
                [size], [quality], marker="*", markersize=13, color=VERMILION, linestyle="none", zorder=5
            )

    def draw_reference(self, label: str, quality: float) -> None:
        """Draw the quality of a reference, if it is in view."""
        low, high = self._axes.get_ylim()
        if low <= quality <= high:
            self._axes.axhline(quality, color=GREY, linewidth=1.0, linestyle=(0, (1, 2)), zorder=3)
            self._name(f"{label}: {readable(quality)}", quality, INK)

    def _name(self, text: str, level: float, color: str) -> None:
        """Write the name of a line in the best place that is free."""
        places = list(self._places(level))
        end, side, height = next(filter(self._is_free, places), places[0])
        self._taken.append((end, height))
        edge = (0.0 if end < 0 else 1.0, level)
        write(self._axes, text, edge, (-end, side), color=color, system=self._axes.get_yaxis_transform())

    def _places(self, level: float) -> Iterator[tuple[int, int, float]]:
        """Yield ends and sides of a line, the best first, and how high a name would be there."""
        clear, better = _clear_end(self._axes, self._scene, level), self._scene.corner[1]
        line = self._axes.transData.transform((1, level))[1] * self._points
        for end in (clear, -clear):
            for side in (better, -better):
                yield end, side, line + side * HEIGHT / 2

    def _is_free(self, place: tuple[int, int, float]) -> bool:
        end, _, height = place
        return all(end != other or abs(height - taken) >= HEIGHT for other, taken in self._taken)


def _clear_end(axes: Axes, scene: Scene, level: float) -> int:
    """Return the end of the picture, -1 left or 1 right, where the front keeps more distance from a level."""
    places = (axes.transData - axes.transAxes).transform(scene.front[["x", "y"]].to_numpy())
    distance = np.abs(scene.front["y"].to_numpy() - level)
    left = places[:, 0] < 0.5  # noqa: PLR2004 - the middle
    return -1 if distance[left].min(initial=np.inf) >= distance[~left].min(initial=np.inf) else 1
