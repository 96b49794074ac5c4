"""From what a file says is to be predicted, to a task and its labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import kdorch

if TYPE_CHECKING:
    import numpy as np

_SPLITS = 3


def assembled(
    inputs: np.ndarray,
    task: str,
    labels: Sequence[str],
    values: np.ndarray,
    division: Mapping[str, np.ndarray],
    where: str,
    legend: Sequence[Mapping[str, Any]] = (),
) -> kdorch.Columns:
    """Return the columns of a dataset.

    Args:
        inputs: Raw rows.
        task: Name of the task.
        labels: Class names for a classification, else what each column of values is.
        values: Shape (rows, columns): codes of classes, or numbers; NaN where a label is missing.
        division: What says how rows are identified and divided.
        where: Where the labels come from, for messages.
        legend: What the columns of the inputs are.

    Raises:
        DataError: If there is nothing to learn, or there are classes with fewer rows than splits.
    """
    import numpy as np

    known = ~np.isnan(values).any(1)
    if not known.any():
        raise kdorch.DataError(f"{where}: no row has a label.")
    columns = kdorch.Columns(
        inputs,
        _targets(task, np.where(known[:, None], values, 0)),
        _task(task, labels, where),
        rows=division.get("rows"),
        labelled=None if known.all() else known,
        parts=division.get("parts"),
        groups=division.get("groups"),
        times=division.get("times"),
        legend=legend,
    )
    if task == "classification" and not division.keys() & {"parts", "groups", "times"}:
        _enough(labels, columns.targets[known], where)
    return columns


def _task(task: str, labels: Sequence[str], where: str) -> kdorch.Task:
    if task == "regression":
        return kdorch.Regression(labels=tuple(labels))
    if task == "multilabel":
        return kdorch.Multilabel(labels=tuple(labels))
    if len(labels) < 2:  # noqa: PLR2004  to choose between
        raise kdorch.DataError(f"{where}: every row is {labels[0]!r}; there must be two classes or more.")
    return kdorch.Classification(labels=tuple(labels))


def _targets(task: str, values: np.ndarray) -> np.ndarray:
    if task == "regression":
        return values
    return values.astype("int64") if task == "multilabel" else values[:, 0].astype("int64")


def _enough(labels: Sequence[str], targets: np.ndarray, where: str) -> None:
    """Refuse classes of which not every split can have a row."""
    import numpy as np

    counts = np.bincount(targets, minlength=len(labels))
    rare = [f"{label!r} ({count})" for label, count in zip(labels, counts, strict=True) if count < _SPLITS]
    if rare:
        raise kdorch.DataError(
            f"{where}: classes with fewer rows than the {_SPLITS} splits: {', '.join(rare)}. Add rows, merge "
            "the classes, or remove them."
        )
