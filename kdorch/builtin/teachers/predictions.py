"""A teacher of which only its answers are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import kdorch
from kdorch.builtin.teachers.fields import Answers

if TYPE_CHECKING:
    from torch import Tensor

_SPLITS = ("train", "validation", "test")
_FORMS = (".csv", ".tsv", ".parquet", ".npz")


class Predictions(kdorch.Teacher, name="predictions", tasks={"classification", "multilabel", "regression"}):
    """A table with the soft labels or logits of every row: the teacher is somebody's API.

    A ``.csv``, ``.tsv`` or ``.parquet`` has a column of row ids and one for each class, named as it is. An
    ``.npz`` has the same as arrays, or one array of shape (rows, classes) beside the ids. For a regression
    the columns are numbers in the units of the dataset.

    Attributes:
        path: The file; in a study file, from where that lies.
        id: The column with the row ids: the dataset's own, or else positions in its source from 0.
        columns: The columns to take, in the order of the classes; by default those that are named so.
        answers: ``probabilities``, which sum to 1 but for rounding, or ``logits``.
    """

    path: Path
    id: str = "row"
    columns: tuple[str, ...] = ()
    answers: Answers = "probabilities"

    @property
    def foreign(self) -> bool:
        """It was made elsewhere."""
        return True

    @property
    def by_rows(self) -> bool:
        """It looks them up."""
        return True

    def complaints(self) -> dict[str, str]:
        """Return that the file is missing, or is no table."""
        if not self.path.is_file():
            return {"path": f"there is no file {self.path}."}
        if self.path.suffix.lower() not in _FORMS:
            return {"path": f"{self.path.name} is none of {', '.join(_FORMS)}."}
        return {}

    def fit(self, lessons: kdorch.Lessons) -> dict[str, Tensor]:
        """Return row ids in order, and the logits of each.

        Raises:
            DataError: If the file cannot be read, or has not exactly one good answer to every row.
        """
        from kdorch.builtin.teachers.answering import as_logits
        from kdorch.builtin.teachers.tables import read

        table = read(self.path, self.id)
        said = table.outputs(lessons.task, self.columns)
        rows = table.complete({split: lessons.ids(split) for split in _SPLITS})
        logits = as_logits(lessons.task, said[table.places(rows)], self.answers, rows)
        lessons.note(f"{len(rows):,} of {len(said):,} predictions of {self.path.name}")
        return {"rows": rows, "logits": logits}

    def build(
        self, task: kdorch.Task, state: Mapping[str, Tensor]
    ) -> Callable[[kdorch.Batch], kdorch.Output]:
        """Return what looks answers up."""
        from torch import searchsorted

        return lambda batch: kdorch.Output(state["logits"][searchsorted(state["rows"], batch.rows)])
