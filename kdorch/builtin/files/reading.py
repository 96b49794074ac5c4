"""Tables as they lie in files: the names of their columns, and their cells chunk by chunk."""

from __future__ import annotations

import csv
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import kdorch
from kdorch.errors import reason

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = {".csv": ",", ".tsv": "\t"}
TABLES = (*SEPARATORS, ".parquet")
CHUNK = 65_536  # rows


def header(path: Path) -> list[str]:
    """Return the names of a table's columns, without reading its rows.

    Raises:
        DataError: If it is not a table.
    """
    names = _parquet_names(path) if path.suffix.lower() == ".parquet" else _text_names(path)
    if not names:
        raise kdorch.DataError(f"{path} has no columns.")
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise kdorch.DataError(f"{path} has {names.count(twice[0])} columns named {twice[0]!r}. Rename them.")
    return names


def chunks(path: Path, names: Sequence[str]) -> Iterator[pd.DataFrame]:
    """Yield some rows at a time: cells are numbers where the file has typed numbers, else text.

    Args:
        path: The table.
        names: The columns to read.

    Raises:
        DataError: If it is damaged.
    """
    import pandas as pd

    read = _parquet_chunks if path.suffix.lower() == ".parquet" else _text_chunks
    try:
        with warnings.catch_warnings(action="error", category=pd.errors.ParserWarning):
            yield from read(path, list(names))
    except UnicodeDecodeError as error:
        raise _not_text(path, error) from error
    except pd.errors.ParserWarning as error:
        raise kdorch.DataError(f"{path}: rows have more cells than the header has names.") from error
    except kdorch.DataError:
        raise
    except pd.errors.ParserError as error:
        raise kdorch.DataError(f"{path} cannot be read: {str(error).strip()}.") from error
    except Exception as error:  # of a damaged file anything
        raise kdorch.DataError(f"{path} cannot be read: {reason(error)}.") from error


def texts(cells: pd.Series) -> pd.Series:
    """Return cells as text, None where one is missing."""
    words = cells.astype("string").astype(object)
    return words.where(words.notna(), None)


def _not_text(path: Path, error: UnicodeDecodeError) -> kdorch.DataError:
    return kdorch.DataError(
        f"{path} is not UTF-8 text: {error.reason} at byte {error.start}. Save it as UTF-8."
    )


def _text_names(path: Path) -> list[str]:
    separator = SEPARATORS[path.suffix.lower()]
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            names = next((row for row in csv.reader(file, delimiter=separator) if row), [])
    except UnicodeDecodeError as error:
        raise _not_text(path, error) from error
    except csv.Error as error:
        raise kdorch.DataError(f"{path} is not a table: {error}.") from error
    if not names:
        raise kdorch.DataError(f"{path} is empty.")
    if "" in names:
        raise kdorch.DataError(f"{path}: column {names.index('') + 1} has no name in the first row.")
    if len(names) == 1 and any(mark in names[0] for mark in ",;\t"):
        raise kdorch.DataError(
            f"{path} has one column, {names[0]!r}. A {path.suffix} file separates cells by {separator!r}."
        )
    return names


def _text_chunks(path: Path, names: list[str]) -> Iterator[pd.DataFrame]:
    import pandas as pd

    # As text, so that what a column is does not depend on the chunk; and every column, so that a row with
    # too many cells is noticed.
    options = {"dtype": str, "index_col": False, "encoding": "utf-8-sig", "chunksize": CHUNK}
    with pd.read_csv(path, sep=SEPARATORS[path.suffix.lower()], **options) as reader:  # type: ignore[call-overload]
        for chunk in reader:
            yield chunk[names]


def _parquet_names(path: Path) -> list[str]:
    import pyarrow.parquet

    try:
        return list(pyarrow.parquet.read_schema(path).names)
    except Exception as error:
        raise kdorch.DataError(f"{path} is not a parquet file: {reason(error)}.") from error


def _parquet_chunks(path: Path, names: list[str]) -> Iterator[pd.DataFrame]:
    import pandas as pd
    import pyarrow.parquet
    from pandas.api.types import is_bool_dtype, is_numeric_dtype
    from pyarrow.types import is_integer

    def whole(kind: object) -> pd.Int64Dtype | None:
        return pd.Int64Dtype() if is_integer(kind) else None  # 1, not 1.0, in a column with missing cells

    with pyarrow.parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(CHUNK, columns=names):
            frame = batch.to_pandas(types_mapper=whole)[names]
            for name, cells in frame.items():
                if is_bool_dtype(cells) or not is_numeric_dtype(cells):
                    frame[name] = texts(cells)
            yield frame
