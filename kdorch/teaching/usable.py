"""What makes the rows of a dataset unusable; inputs are looked at as they are prepared."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kdorch.errors import DataError
from kdorch.kinds import Columns

_NUMBERS = "biuf"  # numpy's letters for bool, integers and floats
_LARGEST = 8  # bytes of a number that torch knows


def refuse_unusable(columns: Columns, dataset: str) -> None:
    """Make sure that rows can be divided and learnt from.

    Args:
        columns: All rows.
        dataset: Its name, for messages.

    Raises:
        DataError: If they cannot.
    """
    name = f"dataset {dataset!r}"
    beside = {
        what: column
        for what in ("targets", "rows", "labelled", "parts", "groups", "times")
        if (column := getattr(columns, what)) is not None
    }
    _check_lengths(beside, len(columns.inputs), name)
    if columns.rows is not None:
        _check_ids(columns.rows, name)
    if columns.labelled is not None and columns.labelled.dtype != bool:
        raise DataError(f"{name}: labelled is {columns.labelled.dtype}; it must be bool, one for each row.")
    if sum(what in beside for what in ("parts", "groups", "times")) > 1:
        raise DataError(f"{name} says in more than one way how rows are divided. Keep one.")
    _check_values(columns, name)


def _check_lengths(beside: Mapping[str, np.ndarray], count: int, name: str) -> None:
    for what, column in beside.items():
        if not isinstance(column, np.ndarray):
            raise DataError(f"{name}: {what} are a {type(column).__name__}; they must be a numpy array.")
    uneven = {what: len(column) for what, column in beside.items() if len(column) != count}
    if uneven:
        raise DataError(f"{name}: its columns differ in length: { ({'inputs': count} | uneven) }.")
    if not count:
        raise DataError(f"{name} has no rows.")


def _check_ids(rows: np.ndarray, name: str) -> None:
    if rows.dtype.kind not in "iu" or rows.ndim > 1:
        made = f"{rows.dtype} of shape {rows.shape}"
        raise DataError(f"{name}: row ids are {made}; they must be whole numbers, one for each row.")
    known, counts = np.unique(rows, return_counts=True)
    repeated = known[counts > 1]
    if len(repeated):
        raise DataError(f"{name}: {len(repeated):,} row ids repeat, the first is {repeated[0]}.")


def _check_values(columns: Columns, name: str) -> None:
    targets = columns.targets if columns.labelled is None else columns.targets[columns.labelled]
    for what, column in (("inputs", columns.inputs), ("targets", targets)):
        if column.dtype.kind not in _NUMBERS:
            raise DataError(f"{name}: {what} are {column.dtype}; they must be numbers.")
        if column.dtype.itemsize > _LARGEST or not column.dtype.isnative:
            made = f"{column.dtype.name}{'' if column.dtype.isnative else ' of another byte order'}"
            raise DataError(f"{name}: {what} are {made}, which torch does not know. Save them as float32.")
    if np.issubdtype(targets.dtype, np.floating) and not np.isfinite(targets).all():
        raise DataError(f"{name}: targets contain NaN or infinity.")
    complaint = columns.task.complaint(targets)
    if complaint:
        raise DataError(f"{name}: {complaint}")
