"""What the picture shows, as numbers: trials become points with the columns ``trial``, ``x`` and ``y``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kdorch.choosing.front import Floats, metric_values, trial_numbers
from kdorch.choosing.intervals import mean_interval
from kdorch.kinds import Direction

MEANS = ["trial", "x", "y", "low", "high"]  # over seeds, with the ends of the interval
PLANE = 2

Corner = tuple[int, int]


@dataclass(frozen=True)
class Scene:
    """Everything in the picture.

    Attributes:
        x: Metric across: the second objective, or ``trial`` if there is only one.
        y: Metric upwards: the first objective.
        corner: Direction of the ideal point, such as ``(-1, 1)`` for small and accurate. No trial lies beyond
            the front on that side.
        staircase: Whether the front is one in this plane; with more than two objectives it is not.
        trials: Every trial with both metrics.
        front: The trials of the front.
        confirmed: Means over seeds of students retrained with the teacher.
        scratch: Means over seeds of their twins without it, at the partner's x; ``partner`` is its y.
    """

    x: str
    y: str
    corner: Corner
    staircase: bool
    trials: pd.DataFrame
    front: pd.DataFrame
    confirmed: pd.DataFrame
    scratch: pd.DataFrame


def compose(
    trials: pd.DataFrame,
    front: pd.DataFrame,
    objectives: Mapping[str, Direction],
    confirmed: pd.DataFrame | None,
    scratch: pd.DataFrame | None,
) -> Scene:
    """Return the scene of these trials; the arguments are those of ``front_figure``."""
    y, x = (*objectives, "trial")[:2]
    best = _points(front, x, y)
    distilled = _seed_means(confirmed, x, y)
    return Scene(
        x=x,
        y=y,
        corner=(1 if objectives.get(x) == "max" else -1, 1 if objectives[y] == "max" else -1),
        staircase=len(objectives) <= PLANE,
        trials=_points(trials, x, y).dropna(),
        front=best,
        confirmed=distilled,
        scratch=_beside(_seed_means(scratch, x, y), best if distilled.empty else distilled),
    )


def sensible_range(important: Floats, others: Floats) -> tuple[float, float]:
    """Return a range that holds all important values, and those others that do not squash them.

    Some trials of a search collapse and end far from everything of interest. The middle half of the others
    always counts, the rest of them if it is at most one span of all that away.
    """
    core = np.concatenate([important, np.quantile(others, [0.25, 0.75])])
    low, high = core.min(), core.max()
    reach = (high - low) or np.inf
    near = others[(others >= low - reach) & (others <= high + reach)]
    return float(near.min(initial=low)), float(near.max(initial=high))


def _points(rows: pd.DataFrame, x: str, y: str) -> pd.DataFrame:
    numbers = trial_numbers(rows)
    values = metric_values(rows.assign(trial=numbers), [x, y])
    return pd.DataFrame({"trial": numbers, "x": values[:, 0], "y": values[:, 1]})


def _seed_means(runs: pd.DataFrame | None, x: str, y: str) -> pd.DataFrame:
    means = []
    if runs is not None:
        for trial, seeds in _points(runs, x, y).groupby("trial"):
            quality = mean_interval(seeds["y"].tolist())
            means.append((trial, seeds["x"].mean(), quality.mean, quality.low, quality.high))
    return pd.DataFrame(means, columns=MEANS)


def _beside(means: pd.DataFrame, partners: pd.DataFrame) -> pd.DataFrame:
    """Place each mean at the x of the partner with the same trial number."""
    partners = partners[["trial", "x", "y"]].rename(columns={"y": "partner"})
    return means.drop(columns="x").merge(partners, on="trial")
