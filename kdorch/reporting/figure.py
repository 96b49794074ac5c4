"""The picture of the front: quality against size, the teacher, confirmed students and their twins."""

from __future__ import annotations

import math
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from kdorch.errors import ChoiceError, StoreError
from kdorch.kinds import Direction
from kdorch.reporting import frame, marks
from kdorch.reporting.levels import Levels
from kdorch.reporting.names import axis_name
from kdorch.reporting.scene import compose

SIZE = (7.2, 4.6)  # inches
PIXELS_PER_INCH = 160
ON_A_PAGE = 100  # pixels of a notebook's page per inch: there the picture is sharp on a dense screen, too


class Picture(Figure):
    """A figure that a notebook shows by itself; others it shows only where pyplot was imported."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        drawn = BytesIO()
        with frame.style():
            self.savefig(drawn, format="png", dpi=PIXELS_PER_INCH)
        width, height = (round(inches * ON_A_PAGE) for inches in self.get_size_inches())
        return drawn.getvalue(), {"width": width, "height": height}


def front_figure(
    trials: pd.DataFrame,
    front: pd.DataFrame,
    objectives: Mapping[str, Direction],
    *,
    teacher: Mapping[str, float] | None = None,
    references: Mapping[str, Mapping[str, float]] | None = None,
    confirmed: pd.DataFrame | None = None,
    scratch: pd.DataFrame | None = None,
    title: str = "",
) -> Figure:
    """Draw the first objective against the second, or against the trial's number if there is only one.

    Collapsed trials, which would squash the picture, are left out of view and counted in a note.

    Args:
        trials: Every complete trial, one row each, as ``kdorch.choosing`` takes them.
        front: The front of these trials.
        objectives: Metric to direction, the quality first.
        teacher: The teacher's metrics: its quality and, if known, its size.
        references: The metrics of models to beat, by label. One that is too far off is named in the note.
        confirmed: One row per ``trial`` and seed, retrained with the teacher, with both metrics.
        scratch: One row per ``trial`` and seed, the same without the teacher. Each mean is joined to its
            partner: the confirmed mean, or without ``confirmed`` the trial of the front.
        title: Printed above the picture.

    Raises:
        ChoiceError: The front is empty, or a metric is missing.
    """
    if len(front) == 0:
        raise ChoiceError("there is no front to draw: no complete trial keeps the limits.")
    scene = compose(trials, front, objectives, confirmed, scratch)
    with frame.style():
        figure = Picture(figsize=SIZE, layout="constrained")
        axes = figure.add_subplot(xlabel=axis_name(scene.x), ylabel=axis_name(scene.y))
        marks.draw_trials(axes, scene)
        marks.draw_front(axes, scene)
        marks.draw_confirmed(axes, scene)
        marks.draw_scratch(axes, scene)
        qualities = _qualities(references or {}, scene.y)
        frame.scale(axes, scene, teacher, qualities)
        frame.surround(axes, title)
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # labels and numbers are placed for exactly this layout
        lines = Levels(axes, scene, figure.dpi)
        if teacher is not None:
            lines.draw_teacher(teacher)
        for label, quality in qualities.items():
            lines.draw_reference(label, quality)
        marks.draw_numbers(axes, scene, figure.dpi)
    return figure


def _qualities(references: Mapping[str, Mapping[str, float]], quality: str) -> dict[str, float]:
    """Return how good each reference is, where that is a number."""
    known = {label: metrics.get(quality, math.nan) for label, metrics in references.items()}
    return {label: level for label, level in known.items() if math.isfinite(level)}


def save(figure: Figure, folder: Path) -> tuple[Path, Path]:
    """Write ``front.svg`` and ``front.png`` into the folder; the same figure gives the same bytes.

    Raises:
        StoreError: The folder cannot be written to.
    """
    svg, png = folder / "front.svg", folder / "front.png"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with frame.style():
            figure.savefig(svg, metadata={"Date": None})
            figure.savefig(png, dpi=PIXELS_PER_INCH)
    except OSError as error:
        raise StoreError(
            f"{folder} takes no figure: {error}. Check its permissions and free space."
        ) from error
    return svg, png
