"""What the checks of datasets are made with."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from kdorch.kinds import Columns, Dataset
from kdorch.study import Split
from kdorch.teaching.dividing import divide
from kdorch.testing.contract import Contract
from kdorch.testing.says import explained, need_files

_FEW = 64
_LOADED: dict[Any, Columns] = {}


class DatasetChecks(Contract):
    """Names one dataset; the checks are in the classes made of this one.

    Class attributes:
        dataset: The dataset.
    """

    kind: ClassVar[str] = "dataset"
    dataset: Dataset

    @property
    def _dataset(self) -> Dataset:
        assert isinstance(self.spec, Dataset)  # noqa: S101  that is what `spec` makes sure of
        return self.spec

    @property
    def columns(self) -> Columns:
        """All rows, loaded once for all checks."""
        key = (type(self.spec), self.spec.model_dump_json())
        if key not in _LOADED:
            _LOADED.clear()  # checks of one dataset follow each other, and two may not fit in memory
            _LOADED[key] = self.load()
        return _LOADED[key]

    def load(self) -> Columns:
        """Return all rows, loaded again."""
        need_files(self._dataset)
        with explained(
            f"{self.who} does not load",
            why="nothing can be learnt from it.",
            do="raise a kdorch.DataError that names the file and the line where the source is at fault.",
        ):
            return self._dataset.load()

    @cached_property
    def parts(self) -> dict[str, np.ndarray]:
        """The rows of each split, as the core divides them."""
        with explained(
            f"{self.who} cannot be divided",
            why="every study needs rows to train on, to validate with, and to be tested on.",
            do="offer more rows, or say in `parts`, `groups` or `times` how they belong together.",
        ):
            return divide(self.columns, Split())

    def raw(self, rows: np.ndarray | None = None) -> Tensor:
        """Return some raw rows, of the training split by default."""
        chosen = self.parts["train"][:_FEW] if rows is None else rows
        return torch.from_numpy(np.ascontiguousarray(self.columns.inputs[chosen]))

    def preprocessing(self, raw: Tensor | None = None) -> nn.Module:
        """Return the arithmetic, fitted on some rows."""
        with explained(
            f"{self.who}: preprocess fails",
            why="networks take what it makes of raw rows.",
            do="return a torch.nn.Module from preprocess(inputs), whose forward takes rows of any number.",
        ):
            return self._dataset.preprocess(self.raw() if raw is None else raw).eval()
