"""The table of the front."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from kdorch.choosing.front import Direction, metric_values, trial_numbers


def front_rows(
    front: pd.DataFrame,
    teacher: Mapping[str, float] | None,
    scratch_by_trial: Mapping[int, float] | None,
    objectives: Mapping[str, Direction],
    hyperparameters: Sequence[str],
) -> list[dict[str, Any]]:
    """Return one row per student of the front, all with the same keys and plain Python values.

    Args:
        front: Rows of the front; their order is kept.
        teacher: The teacher's metrics; with them come ``retention %`` (how much of its quality is kept: 100
            is as good, less is worse, in either direction) and ``size %`` (of its second objective).
        scratch_by_trial: Quality of the same students without a teacher; with it comes ``without teacher``.
        objectives: Metric to direction, the quality first.
        hyperparameters: Columns of ``front`` to add.

    Returns:
        Dictionaries with ``trial``, the objectives, what was said above, and the hyper-parameters. What is
        not known or makes no sense, such as a share of zero, is None.

    Raises:
        ChoiceError: A metric is not a column of ``front``.
    """
    quality, *others = objectives
    values = metric_values(front, objectives)
    rows = []
    for position, number in enumerate(trial_numbers(front).tolist()):
        row: dict[str, Any] = {
            "trial": number,
            **dict(zip(objectives, values[position].tolist(), strict=True)),
        }
        if teacher is not None:
            row["retention %"] = _retention(row[quality], teacher.get(quality), objectives[quality])
            if others:
                row["size %"] = _percentage(row[others[0]], teacher.get(others[0]))
        if scratch_by_trial is not None:
            row["without teacher"] = scratch_by_trial.get(number)
        rows.append(row | {name: _plain(front[name].iloc[position]) for name in hyperparameters})
    return rows


def _retention(student: float, teacher: float | None, direction: Direction) -> float | None:
    if teacher is None:
        return None
    return _percentage(student, teacher) if direction == "max" else _percentage(teacher, student)


def _percentage(part: float, whole: float | None) -> float | None:
    return 100 * part / whole if whole else None


def _plain(value: Any) -> Any:
    """Return a value that JSON knows; a hyper-parameter that a trial does not have is NaN in a DataFrame."""
    value = value.item() if hasattr(value, "item") else value
    return None if value is pd.NA or (isinstance(value, float) and math.isnan(value)) else value
