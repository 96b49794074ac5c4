"""What the columns of a table are, seen cell by cell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kdorch.builtin.files.reading import chunks, texts

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

LABEL_WORDS = (("0", "0.0", "false", "no"), ("1", "1.0", "true", "yes"))  # that a label is not there, or is
MANY = 1000  # different cells to count at most
CATEGORIES = 100  # that a column of codes may have: each becomes an input of the network
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ].+)?", re.ASCII)
_FEW = 10  # that it may have however few rows there are


@dataclass
class Survey:
    """The cells of one column.

    Attributes:
        name: Of the column.
        rows: Cells in all.
        missing: Cells that are empty.
        numbers: Cells that are finite numbers.
        fractions: Whether one of them is not whole.
        text: Row, from 1, and content of the first cell that is neither.
        counts: How often each cell stands there; incomplete once there are more than `MANY`.
    """

    name: str
    rows: int = 0
    missing: int = 0
    numbers: int = 0
    fractions: bool = False
    text: tuple[int, str] | None = None
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def crowded(self) -> bool:
        """Whether most cells are different, as names and free text are."""
        known, different = self.rows - self.missing, len(self.counts)
        return different > CATEGORIES or (different > _FEW and different > known / 2)

    @property
    def dates(self) -> bool:
        """Whether all cells that were kept are dates, as in 2026-01-31, with a time or without."""
        return self.text is not None and all(map(_DATE.fullmatch, self.counts))

    @property
    def different(self) -> str:
        """Return how many different cells there are, in words."""
        return f"over {MANY:,}" if len(self.counts) > MANY else f"{len(self.counts):,}"

    def labels(self) -> tuple[str, ...]:
        """Return the different cells in their natural order."""
        if self.text is None:
            return tuple(sorted(self.counts, key=lambda word: (float(word), word)))
        return tuple(sorted(self.counts))

    def add(self, cells: pd.Series) -> None:
        """Look at some more cells."""
        import numpy as np

        values = numbers(cells)
        known, finite = cells.notna().to_numpy(), np.isfinite(values)
        strange = np.flatnonzero(known & ~finite)
        if self.text is None and len(strange):
            self.text = self.rows + int(strange[0]) + 1, str(cells.iloc[strange[0]])
        self.rows += len(cells)
        self.missing += int((~known).sum())
        self.numbers += int(finite.sum())
        self.fractions |= bool((values[finite] % 1 != 0).any())
        if len(self.counts) <= MANY:
            self.counts.update({str(word): int(n) for word, n in texts(cells).value_counts().items()})


def survey(path: Path, names: Sequence[str]) -> dict[str, Survey]:
    """Return what is in the named columns of a table.

    Raises:
        DataError: If it cannot be read.
    """
    found = {name: Survey(name) for name in names}
    for chunk in chunks(path, names):
        for name, column in found.items():
            column.add(chunk[name])
    return found


def numbers(cells: pd.Series) -> np.ndarray:
    """Return cells as numbers, NaN where one is missing or is none."""
    import numpy as np
    import pandas as pd

    if cells.dtype.kind in "mM":  # of a moment pandas would count the nanoseconds since 1970
        return np.full(len(cells), np.nan)
    return pd.to_numeric(cells, errors="coerce").to_numpy(np.float64, na_value=np.nan)
