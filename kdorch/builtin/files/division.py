"""Columns that say which row is which, and which rows belong together."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import kdorch

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import pandas as pd

SPLITS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}


def rows(cells: pd.Series, where: str) -> np.ndarray:
    """Return row ids: whole numbers as they are, anything else by a digest of its text.

    Raises:
        DataError: If one is missing or stands there twice.
    """
    import numpy as np

    _complete(cells, where)
    try:
        found = np.array([int(str(value)) for value in cells], dtype=np.int64)
    except (ValueError, OverflowError):
        found = np.array([_number(str(value)) for value in cells], dtype=np.int64)
    _, firsts = np.unique(found, return_index=True)
    twice = np.setdiff1d(np.arange(len(found)), firsts)
    if len(twice):
        first, again = np.flatnonzero(found == found[twice[0]])[:2]
        told = f"stands in row {first + 1} and again in row {again + 1}."
        raise kdorch.DataError(f"{where}: the id {str(cells.iloc[again])!r} {told}")
    return found


def parts(cells: pd.Series, where: str) -> np.ndarray:
    """Return the split of each row.

    Raises:
        DataError: If a cell names none.
    """
    import numpy as np

    _complete(cells, where)
    found = cells.astype(str).str.lower().map(SPLITS)
    strange = np.flatnonzero(found.isna().to_numpy())
    if len(strange):
        word = str(cells.iloc[strange[0]])
        raise kdorch.DataError(
            f"{where}: {word!r} in row {strange[0] + 1} is no split. Write train, validation or test."
        )
    return found.to_numpy(dtype="U10")


def groups(cells: pd.Series, where: str) -> np.ndarray:
    """Return a number for each group.

    Raises:
        DataError: If a cell is missing.
    """
    _complete(cells, where)
    return cells.factorize(sort=True)[0]


def times(cells: pd.Series, where: str) -> np.ndarray:
    """Return moments as numbers.

    Raises:
        DataError: If a cell is neither a number nor a date that everybody reads in the same way.
    """
    import numpy as np
    import pandas as pd

    _complete(cells, where)
    values = pd.to_numeric(cells, errors="coerce")
    if not values.isna().any():
        return values.to_numpy(np.float64)
    moments = pd.to_datetime(cells, format="ISO8601", errors="coerce", utc=True)
    strange = np.flatnonzero(moments.isna().to_numpy())
    if len(strange):
        word = str(cells.iloc[strange[0]])
        raise kdorch.DataError(
            f"{where}: {word!r} in row {strange[0] + 1} is no time. Write numbers, or dates as in "
            "2026-01-31 or 2026-01-31T12:00."
        )
    return moments.dt.tz_localize(None).to_numpy("datetime64[ns]").astype(np.int64)


DIVISION: dict[str, tuple[str, Callable[[pd.Series, str], np.ndarray]]] = {
    "id": ("rows", rows),
    "split": ("parts", parts),
    "group": ("groups", groups),
    "time": ("times", times),
}
"""By field of the dataset: the column of `kdorch.Columns` that it fills, and how."""


def divided(found: dict[str, pd.Series], where: str) -> dict[str, np.ndarray]:
    """Return columns of `kdorch.Columns`.

    Args:
        found: Cells, by the field that named their column.
        where: Where they come from, for messages.
    """
    columns = {}
    for field, cells in found.items():
        column, read = DIVISION[field]
        columns[column] = read(cells.reset_index(drop=True), f"{where}, column {cells.name!r}")
    return columns


def _complete(cells: pd.Series, where: str) -> None:
    import numpy as np

    gaps = np.flatnonzero(cells.isna().to_numpy())
    if len(gaps):
        raise kdorch.DataError(f"{where}: the cell of row {gaps[0] + 1} is empty; every row needs one.")


def _number(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:8], "big") >> 1  # never negative
