"""Tables of what a teacher said about each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

import kdorch
from kdorch.builtin.files.arrays import archive
from kdorch.builtin.files.arrays import read as read_array
from kdorch.builtin.files.division import rows as row_ids
from kdorch.errors import did_you_mean, reason


@dataclass(frozen=True)
class Table:
    """Answers with the ids of their rows.

    Attributes:
        name: Of the file.
        ids: Row ids, as the dataset ``files`` makes them of a column.
        columns: Answers by name; those of one array by position.
        named: Whether they have names, which may be numbers too.
    """

    name: str
    ids: NDArray[np.int64]
    columns: dict[str, Any]
    named: bool = True

    def outputs(self, task: kdorch.Task, chosen: Sequence[str]) -> NDArray[np.float64]:
        """Return the columns of a task's outputs in their order, shape (rows, outputs).

        Args:
            task: What is answered.
            chosen: The columns to take; by default those that the outputs name.

        Raises:
            DataError: If there is not exactly one for each, or one holds what is no number.
        """
        labels = [str(label) for label in getattr(task, "labels", ())]
        wanted = list(chosen) or (labels if self.named else [str(place) for place in range(task.outputs)])
        if len(wanted) != task.outputs:
            what = f"{len(wanted)} columns for {task.outputs} outputs: {', '.join(labels)}."
            raise kdorch.DataError(f"teacher.columns: {what}")
        self._check_names(wanted, strict=not chosen)
        try:
            return np.stack([self.columns[name] for name in wanted], 1).astype(np.float64)
        except (OverflowError, TypeError, ValueError) as error:
            what = f"{self.name} holds what is no number: {reason(error)}"
            raise kdorch.DataError(f"teacher.path: {what}") from error

    def _check_names(self, wanted: Sequence[str], *, strict: bool) -> None:
        more = [name for name in self.columns if name not in wanted]
        for name in wanted:
            if name not in self.columns:
                near = did_you_mean(name, more or self.columns)
                raise kdorch.DataError(f"teacher.path: {self.name} has no column for {name!r}. {near}")
        if strict and more:
            raise kdorch.DataError(
                f"teacher.path: column {more[0]!r} of {self.name} is none of the outputs. "
                f"{did_you_mean(more[0], wanted)} To leave it out, name those to take: columns: [...]."
            )

    def complete(self, splits: Mapping[str, Tensor]) -> Tensor:
        """Return the ids of all rows in order, each of which has an answer.

        Raises:
            DataError: If some have none, with their number.
        """
        missing = {split: np.setdiff1d(rows.numpy(), self.ids) for split, rows in splits.items()}
        gone = [rows for rows in missing.values() if len(rows)]
        wanted = torch.cat(list(splits.values())).sort().values
        if gone:
            where = ", ".join(f"{len(rows):,} {split}" for split, rows in missing.items() if len(rows))
            raise kdorch.DataError(
                f"teacher.path: {sum(map(len, gone)):,} of {len(wanted):,} rows have no prediction in "
                f"{self.name} ({where}), the first is row {min(int(rows[0]) for rows in gone)}."
            )
        return wanted

    def places(self, rows: Tensor) -> NDArray[np.int64]:
        """Return where the answers to these rows stand."""
        order = np.argsort(self.ids)
        found: NDArray[np.int64] = order[np.searchsorted(self.ids, rows.numpy(), sorter=order)]
        return found


def read(path: Path, identity: str) -> Table:
    """Read a table.

    Args:
        path: The file.
        identity: The column with the row ids.

    Raises:
        DataError: If it cannot be read, or an id is missing or stands there twice.
    """
    try:
        columns, named = _columns(path, identity)
    except Exception as error:
        why = str(error) if isinstance(error, kdorch.DataError) else f"{reason(error)}."
        raise kdorch.DataError(f"teacher.path: {path} cannot be read: {why}") from error
    if identity not in columns:
        what = f"{path.name} has no column {identity!r} of row ids. {did_you_mean(identity, columns)}"
        raise kdorch.DataError(f"teacher.id: {what}")
    _check_shapes(path.name, columns, np.shape(columns[identity])[:1])
    cells = pd.Series(columns.pop(identity))
    twice = cells[cells.duplicated() & cells.notna()]
    if len(twice):
        raise kdorch.DataError(
            f"teacher.path: {len(twice):,} rows of {path.name} repeat an id, the first is {twice.iloc[0]}. "
            "Keep one for each."
        )
    ids = row_ids(cells, f"teacher.id: {path.name}, column {identity!r}")
    return Table(path.name, ids, columns, named)


def _check_shapes(file: str, columns: Mapping[str, Any], wanted: tuple[int, ...]) -> None:
    for name, column in columns.items():
        if np.ndim(column) != 1 or np.shape(column) != wanted:
            what = f"{name!r} of {file} has shape {np.shape(column)}; one value for each id is wanted."
            raise kdorch.DataError(f"teacher.path: {what}")


def _columns(path: Path, identity: str) -> tuple[dict[str, Any], bool]:
    """Return columns by name, or those of one array by position, and whether they have names."""
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return _arrays(path, identity)
    if suffix == ".parquet":
        table = pd.read_parquet(path)
    else:
        table = pd.read_csv(path, sep="\t" if suffix == ".tsv" else ",", dtype={identity: str})
    return {str(name): table[name] for name in table}, True


def _arrays(path: Path, identity: str) -> tuple[dict[str, Any], bool]:
    with archive(path) as file:
        arrays = {name: read_array(file, name, path) for name in file.files}
    values = [array for name, array in arrays.items() if name != identity]
    if len(values) != 1 or values[0].ndim == 1:
        return arrays, True
    columns: dict[str, Any] = {str(place): column for place, column in enumerate(values[0].T)}
    return columns | {name: array for name, array in arrays.items() if name == identity}, False
