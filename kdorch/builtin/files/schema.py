"""Which columns hold numbers and which hold categories, decided once from all cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import kdorch
from kdorch.builtin.files.reading import texts
from kdorch.builtin.files.survey import Survey, numbers

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@dataclass(frozen=True)
class Column:
    """One column as the model sees it.

    Attributes:
        name: Of the column.
        categories: What the codes stand for, in their order; empty for a column of numbers.
    """

    name: str
    categories: tuple[str, ...] = ()

    @property
    def legend(self) -> dict[str, Any]:
        """Return what a caller of the shipped model must know of it."""
        if not self.categories:
            return {"name": self.name, "type": "number"}
        return {"name": self.name, "type": "category", "categories": list(self.categories)}

    def encode(self, cells: pd.Series) -> np.ndarray:
        """Return cells as float64: numbers, or codes; NaN where one is missing."""
        if not self.categories:
            return numbers(cells)
        import numpy as np

        codes = {category: code for code, category in enumerate(self.categories)}
        return texts(cells).map(codes).to_numpy(np.float64)


def columns(path: Path, surveys: Iterable[Survey], categories: Iterable[str]) -> list[Column]:
    """Return the columns to learn from.

    Args:
        path: Of the table, for messages.
        surveys: What the columns are.
        categories: Those that hold categories, even if these look like numbers.

    Raises:
        DataError: With every column that cannot be learnt from.
    """
    surveys, chosen = list(surveys), set(categories)
    wrong = [found for each in surveys if (found := _complaint(each, each.name in chosen))]
    if wrong:
        listed = "\n".join(f"  {line}" for line in wrong)
        raise kdorch.DataError(f"{path} has columns that cannot be learnt from as they are:\n{listed}")
    return [_column(each, each.name in chosen) for each in surveys]


def refuse_missing(path: Path, surveys: Mapping[str, Survey]) -> None:
    """Raise a DataError that lists the columns with missing cells, if there are any."""
    gaps = [f"{name} ({each.missing:,})" for name, each in surveys.items() if each.missing]
    if gaps:
        raise kdorch.DataError(
            f"{path}: cells are missing in {', '.join(gaps)}. Fill them, or write missing: impute."
        )


def _column(survey: Survey, category: bool) -> Column:
    return Column(survey.name, survey.labels() if category or survey.text else ())


def _complaint(survey: Survey, category: bool) -> str:
    """Return what is wrong with a column, in one line; empty if nothing is."""
    name = survey.name
    if survey.missing == survey.rows:
        return f"{name}: every cell is empty. Write ignore: [{name}]."
    if survey.text and survey.numbers and not category:
        row, word = survey.text
        return (
            f"{name}: holds {survey.numbers:,} numbers, but {word!r} in row {row}. Correct it (an empty cell "
            f"is a missing one), or write categories: [{name}]."
        )
    if (survey.text or category) and survey.crowded:
        known = survey.rows - survey.missing
        return (
            f"{name}: {survey.different} different texts in {known:,} cells are too many for categories; are "
            f"they names or free text? Write ignore: [{name}]."
        )
    return ""
