"""The Pareto front: the trials that no other trial beats in every objective."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kdorch.errors import ChoiceError, did_you_mean
from kdorch.kinds import Direction

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def pareto_front(trials: pd.DataFrame, objectives: Mapping[str, Direction]) -> pd.DataFrame:
    """Return the non-dominated trials.

    A trial with NaN or infinity in an objective is never on the front. Of trials with equal objectives only
    the earliest is.

    Args:
        trials: One row per complete trial; see the package's docstring.
        objectives: Metric to direction, at least one.

    Returns:
        Rows of ``trials``, whole and unchanged, sorted ascending by the second objective (small to large),
        then by trial number.

    Raises:
        ChoiceError: A metric is not a column of ``trials``.
    """
    if len(trials) == 0:
        return trials
    ordered = trials.iloc[np.argsort(trial_numbers(trials), kind="stable")]
    every_cost = costs(ordered, objectives)
    eligible: Mask = np.all(np.isfinite(every_cost), axis=1)
    candidates = ordered[eligible]
    front = candidates.iloc[np.sort(non_dominated(every_cost[eligible]))]
    by = metric_values(front, list(objectives)[:2])[:, -1]
    return front.iloc[np.argsort(by, kind="stable")]


def trial_numbers(trials: pd.DataFrame) -> Integers:
    """Return the trials' numbers, shape ``(n,)``: the column ``trial``, else the index."""
    numbers = trials["trial"] if "trial" in trials.columns else trials.index
    return numbers.to_numpy().astype(np.int64)


def metric_values(trials: pd.DataFrame, metrics: Iterable[str]) -> Floats:
    """Return the metrics' values, shape ``(n, metrics)``; missing values are NaN.

    Raises:
        ChoiceError: A metric is not a column of ``trials``.
    """
    names = list(metrics)
    values = np.empty((len(trials), len(names)))
    for column, name in enumerate(names):
        if name not in trials.columns:
            known = [str(existing) for existing in trials.columns]
            raise ChoiceError(f"the trials have no metric {name!r}. {did_you_mean(name, known)}".rstrip())
        values[:, column] = trials[name].to_numpy(dtype=np.float64, na_value=np.nan)
    return values


def costs(trials: pd.DataFrame, objectives: Mapping[str, Direction]) -> Floats:
    """Return the objectives turned so that smaller is better, shape ``(n, objectives)``."""
    signs = np.array([{"max": -1.0, "min": 1.0}[direction] for direction in objectives.values()])
    turned: Floats = metric_values(trials, objectives) * signs
    return turned


def non_dominated(points: Floats) -> Integers:
    """Return the positions of the points that no other point dominates; of equal points, the first."""
    positions = np.lexsort(points.T[::-1])
    later_costs = np.ascontiguousarray(points[positions].T[1:])
    kept = []
    while len(positions):
        # In this order only an earlier point can dominate a later one, so the first that is left is on the
        # front, and the first cost cannot save another from it.
        kept.append(positions[0])
        alive = np.flatnonzero((later_costs < later_costs[:, :1]).any(axis=0))
        positions, later_costs = positions[alive], later_costs.take(alive, axis=1)
    return np.array(kept, dtype=np.int64)
