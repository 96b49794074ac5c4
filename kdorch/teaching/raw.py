"""Rows as the dataset ships them, for teachers that take them so: the store holds prepared ones only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from kdorch.errors import DataError
from kdorch.kinds import Batch, Columns, Dataset, Output


@dataclass(frozen=True)
class RawRows:
    """Raw inputs by row id; the dataset is loaded when they are first asked for.

    Attributes:
        dataset: What ships them.
    """

    dataset: Dataset

    @cached_property
    def _columns(self) -> Columns:
        return self.dataset.load()

    @cached_property
    def _order(self) -> np.ndarray:
        return np.argsort(self._columns.ids)

    def __call__(self, rows: Tensor) -> Tensor:
        """Return the raw inputs of these rows.

        Raises:
            DataError: If the dataset no longer has one of them.
        """
        ids, wanted = self._columns.ids, rows.numpy()
        found = self._order[np.searchsorted(ids, wanted, sorter=self._order).clip(max=len(ids) - 1)]
        lost = wanted[ids[found] != wanted]
        if len(lost):
            raise DataError(
                f"dataset {self.dataset.name!r} has lost {len(lost):,} rows since it was stored, the first "
                f"is row {lost[0]}."
            )
        return torch.from_numpy(np.ascontiguousarray(self._columns.inputs[found]))


def hearing(
    raw: Callable[[Tensor], Tensor] | None, answers: Callable[[Batch], Output]
) -> Callable[[Batch], Output]:
    """Return what answers batches that carry raw rows, where there are any."""
    return answers if raw is None else lambda batch: answers(replace(batch, raw=raw(batch.rows)))
