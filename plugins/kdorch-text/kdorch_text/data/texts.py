"""Your own texts, in a table."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import kdorch
from kdorch_text.data.base import TextDataset


class Texts(TextDataset, name="texts", tasks={"classification", "multilabel", "regression"}):
    """Your own texts: a table with one in each row, and its label.

    Rows without a label are trained on, for what the teacher says of them. Rows without a text are left out,
    which is told. More about the columns that say how rows are divided is at the dataset ``files``.

    Attributes:
        path: A ``.csv``, ``.tsv`` (UTF-8, the first row names the columns) or ``.parquet`` file; in a study
            file, from where that lies.
        text: The column with the texts.
        target: The column to predict, or a list of columns.
        task: What it is.
        split: A column that says ``train``, ``validation`` or ``test``.
        group: A column; rows with the same value stay in one split.
        time: A column; the newest rows become the test.
        id: A column that identifies rows.
    """

    path: Path
    text: str
    target: str | tuple[str, ...]
    task: Literal["classification", "multilabel", "regression"] = "classification"
    split: str | None = None
    group: str | None = None
    time: str | None = None
    id: str | None = None

    def task_name(self) -> str:
        """Return the task."""
        return self.task

    @property
    def _table(self) -> kdorch.Table:
        targets = (self.target,) if isinstance(self.target, str) else self.target
        named = {way: getattr(self, way) for way in ("split", "group", "time", "id")}
        division = {way: name for way, name in named.items() if name}
        return kdorch.Table(self.path, targets, self.task, division)

    def complaints(self) -> dict[str, str]:
        """Return what names and the header tell to be wrong."""
        return {**super().complaints(), **self._table.complaints(text=self.text)}

    def load(self) -> kdorch.Columns:
        """Return the rows.

        Raises:
            DataError: With what is wrong, where, and what to do.
        """
        wrong = self.complaints()
        if wrong:
            raise kdorch.DataError("\n".join(f"data.{field}: {what}" for field, what in wrong.items()))
        texts, columns = self._table.read(self.text)
        return self.columns([text or "" for text in texts], columns)
