"""The rows of one split: in memory when they fit, else streamed from memory-mapped files.

Both give the same batches in the same order, so a training does not depend on which it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import quote, unquote

import numpy as np
import torch
from torch import Generator, Tensor
from torch.utils.data import DataLoader, Dataset

from kdorch.kinds import Batch, Mixed, Output

Recall = Callable[[Output], Output]
Column = TypeVar("Column")

_FEATURE = "features."
_DATA = ("inputs", "targets", "rows", "labelled", "mask", "mixed.targets", "mixed.shares")


class Rows(Protocol):
    """Batches of a split, each with the teacher's stored output, or None without a teacher."""

    def __len__(self) -> int:
        """Return the number of rows."""

    def batches(self, size: int, order: Tensor | None = None) -> Iterator[tuple[Batch, Output | None]]:
        """Yield batches in the stored order, or in the given one, of the `lengths` below."""


@dataclass
class InMemory:
    """Rows held as tensors: one gather per epoch, then views."""

    columns: dict[str, Tensor]

    def __len__(self) -> int:
        return len(self.columns["rows"])

    def batches(self, size: int, order: Tensor | None = None) -> Iterator[tuple[Batch, Output | None]]:
        """Yield views of the gathered tensors."""
        columns = list(self.columns.values())
        if order is not None:
            order = order.to(columns[0].device)
            columns = [column[order] for column in columns]
        counts = lengths(len(columns[0]), size)
        for values in zip(*(column.split(counts) for column in columns), strict=True):
            yield _batch(dict(zip(self.columns, values, strict=True)))


@dataclass
class Streamed(Dataset[dict[str, Tensor]]):
    """Rows read from memory-mapped files as they are needed."""

    columns: dict[str, np.ndarray]
    recall: Recall | None = None

    def __len__(self) -> int:
        return len(self.columns["rows"])

    def __getitems__(self, chosen: list[int]) -> dict[str, Tensor]:
        """Return whole columns of a batch at once; row by row would cost a copy each."""
        columns = {
            name: torch.from_numpy(np.ascontiguousarray(column[chosen]))
            for name, column in self.columns.items()
        }
        return columns if self.recall is None else _recalled(columns, self.recall)

    def batches(self, size: int, order: Tensor | None = None) -> Iterator[tuple[Batch, Output | None]]:
        """Yield batches, read in this process: the page cache is shared, worker processes are not free."""
        order = torch.arange(len(self)) if order is None else order
        chosen = (rows.tolist() for rows in order.split(lengths(len(order), size)))
        # Without a generator of its own it would advance the one that weights and dropout come from.
        loader: DataLoader[dict[str, Tensor]] = DataLoader(
            self,
            batch_sampler=chosen,
            collate_fn=_as_is,  # type: ignore[arg-type]  # it gets what __getitems__ returned
            generator=Generator(),
        )
        yield from map(_batch, loader)


@dataclass
class Some:
    """Some rows of a split.

    Attributes:
        rows: All of them.
        positions: Which.
    """

    rows: Rows
    positions: Tensor

    def __len__(self) -> int:
        return len(self.positions)

    def batches(self, size: int, order: Tensor | None = None) -> Iterator[tuple[Batch, Output | None]]:
        """Yield batches of these rows."""
        return self.rows.batches(size, self.positions if order is None else self.positions[order])


def _as_is(columns: dict[str, Tensor]) -> dict[str, Tensor]:
    return columns


def _batch(values: dict[str, Tensor]) -> tuple[Batch, Output | None]:
    labelled, mask = values.get("labelled"), values.get("mask")
    batch = Batch(values["inputs"], values["targets"], values["rows"], labelled, mask)
    if "mixed.shares" in values:
        batch.mixed = Mixed(values["mixed.targets"], values["mixed.shares"])
    return batch, _output(values) if "logits" in values else None


def columns_of(output: Output, features: Iterable[str]) -> dict[str, Tensor]:
    """Return what is stored of a teacher's output, by the names of the columns, which are names of files."""
    told = output.features
    logits = {"logits": output.logits} | ({} if output.support is None else {"support": output.support})
    return logits | {f"{_FEATURE}{quote(name, '')}": told[name] for name in features}


def _output(columns: Mapping[str, Tensor]) -> Output:
    """Return what `columns_of` was made of."""
    return Output(columns["logits"], features_among(columns), columns.get("support"))


def features_among(columns: Mapping[str, Column]) -> dict[str, Column]:
    """Return the features among columns by their own names."""
    return {
        unquote(name.removeprefix(_FEATURE)): column
        for name, column in columns.items()
        if name.startswith(_FEATURE)
    }


def _recalled(columns: dict[str, Tensor], recall: Recall) -> dict[str, Tensor]:
    """Return the columns with what the teacher makes of those that it stored."""
    said = recall(_output(columns))
    own = {name: column for name, column in columns.items() if name in _DATA}
    return own | columns_of(said, said.features)


def open_rows(
    data: Path, split: str, teacher: Path | None, *, budget: int, recall: Recall | None = None
) -> Rows:
    """Open a split of stored data, with the stored outputs of a teacher.

    Args:
        data: Directory of a stored dataset.
        split: ``train``, ``validation`` or ``test``.
        teacher: Directory of a teacher's stored outputs.
        budget: Bytes that may be held in memory.
        recall: What the teacher makes of its stored outputs; they are taken as they are by default.
    """
    columns = stored(data / split)
    if teacher is not None:
        columns |= stored(teacher / split)
    return opened(columns, budget, recall)


def stored(folder: Path) -> dict[str, np.ndarray]:
    """Return the columns of a folder by name, mapped into memory."""
    return {file.stem: np.load(file, mmap_mode="r") for file in sorted(folder.glob("*.npy"))}


def opened(columns: dict[str, np.ndarray], budget: int, recall: Recall | None = None) -> Rows:
    """Return rows, held in memory if they fit the budget of bytes."""
    if sum(column.nbytes for column in columns.values()) > budget:
        return Streamed(columns, recall)
    held = {name: torch.from_numpy(np.array(column)) for name, column in columns.items()}
    return InMemory(held if recall is None else _recalled(held, recall))


def head(rows: Rows, count: int) -> Rows:
    """Return the first rows of a split; in memory they are no copies."""
    if isinstance(rows, InMemory):
        return InMemory({name: column[:count] for name, column in rows.columns.items()})
    return Some(rows, torch.arange(count))


def spread(rows: Rows, count: int) -> Rows:
    """Return so many rows at even distances, or all if there are no more."""
    if len(rows) <= count:
        return rows
    return Some(rows, torch.arange(count) * len(rows) // count)


def shuffle(count: int, generator: Generator) -> Tensor:
    """Return the order of one epoch."""
    return torch.randperm(count, generator=generator)


def lengths(count: int, size: int) -> list[int]:
    """Return how many rows each batch has.

    A single row that is left over joins the batch before it: batch norm cannot learn from one row, and
    without that row an epoch would not be whole.
    """
    whole, rest = divmod(count, size)
    if rest == 1 and whole:
        return [size] * (whole - 1) + [size + 1]
    return [size] * whole + [rest] * (rest > 0)
