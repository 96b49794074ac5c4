"""A table with labels for what stands in one of its columns: for datasets of plugins, such as texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import kdorch
from kdorch.builtin.files.checking import form
from kdorch.builtin.files.division import divided
from kdorch.builtin.files.reading import TABLES, header, texts
from kdorch.errors import did_you_mean

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Table:
    """A table of which one column is learnt from; others hold the labels, and say how rows are divided.

    Attributes:
        path: A ``.csv``, ``.tsv`` or ``.parquet`` file.
        targets: The columns to predict.
        task: ``classification``, ``multilabel`` or ``regression``.
        division: Columns by what they say: ``id``, ``split``, ``group`` or ``time``, as for the dataset
            ``files``.
    """

    path: Path
    targets: tuple[str, ...]
    task: str = "classification"
    division: Mapping[str, str] = field(default_factory=dict)

    def complaints(self, **columns: str) -> dict[str, str]:
        """Return what names and the header tell to be wrong, in sentences by field; the rows are not read.

        Args:
            columns: Further columns, by the field that names them.
        """
        try:
            if form(self.path) != "table":
                return {"path": f"{self.path} is none of {', '.join(TABLES)}."}
            names = header(self.path)
        except kdorch.DataError as error:
            return {"path": str(error)}
        return dict(self._complaints(columns, names))

    def _complaints(self, columns: Mapping[str, str], names: list[str]) -> Iterator[tuple[str, str]]:
        targets = [("target", name) for name in self.targets]
        uses: dict[str, str] = {}
        for where, name in (*columns.items(), *targets, *self.division.items()):
            if name not in names:
                yield where, f"{self.path} has no column {name!r}. {did_you_mean(name, names)}"
            elif uses.setdefault(name, where) != where:
                yield where, f"column {name!r} is the {uses[name]} already."
        if len(set(self.targets)) < len(self.targets):
            yield "target", "names a column twice. Keep one."
        ways = [way for way in self.division if way != "id"]
        if len(ways) > 1:
            yield ways[1], f"rows are divided by {ways[0]} already. Keep one."
        if len(targets) > 1 and self.task == "classification":
            yield "task", "a classification has one target. For several write multilabel or regression."

    def read(self, column: str) -> tuple[pd.Series, kdorch.Columns]:
        """Return the cells of a column as text, None where one is empty, and everything else.

        The inputs of the columns are the positions of the rows, to be replaced by what is made of the cells.

        Raises:
            DataError: With what is wrong, where, and what to do.
        """
        import numpy as np

        from kdorch.builtin.files.survey import survey
        from kdorch.builtin.files.table import fill, target
        from kdorch.builtin.files.targets import assembled

        surveys = survey(self.path, self.targets)
        wanted = [target(self.task, self.path, surveys[name]) for name in self.targets]
        values, kept = fill(self.path, [], wanted, None, [column, *self.division.values()])
        found = divided({way: kept[name] for way, name in self.division.items()}, str(self.path))
        labels = wanted[0].categories if self.task == "classification" else self.targets
        where = f"{self.path}, column {', '.join(map(repr, self.targets))}"
        columns = assembled(np.arange(len(values)), self.task, labels, values, found, where)
        return texts(kept[column]), columns
