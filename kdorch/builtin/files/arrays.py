"""NumPy's own files: ``.npz`` with inputs and labels by name, or ``.npy`` with the labels in another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import kdorch
from kdorch.builtin.files.division import DIVISION, divided
from kdorch.builtin.files.survey import Survey
from kdorch.builtin.files.table import label, target
from kdorch.builtin.files.targets import assembled

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.lib.npyio import NpzFile

    from kdorch.builtin.files.dataset import Files

INPUTS = ("inputs", "x", "X", "data", "images", "features")
TARGETS = ("targets", "y", "Y", "labels", "target", "label")


def load(files: Files) -> kdorch.Columns:
    """Return the rows of arrays."""
    import numpy as np
    import pandas as pd

    path = files.path
    if path.suffix.lower() == ".npy":
        inputs, values = array(path), array(files.labels or path)
        named, others = str(files.labels), {}
    else:
        with archive(path) as arrays:
            first, named = names(files, arrays.files)
            inputs, values = _read(arrays, first, path), _read(arrays, named, path)
            chosen = {field: name for field in DIVISION if (name := getattr(files, field))}
            others = {
                field: pd.Series(_read(arrays, name, path), name=name) for field, name in chosen.items()
            }
    where = f"{path}, {named!r}"
    _suit(inputs, values, where)
    columns = [_series(values, position, named) for position in range(_width(values))]
    if files.task == "classification" and len(columns) > 1:
        raise kdorch.DataError(
            f"{where} has {len(columns)} columns, but a row has one class. "
            "For several labels write task: multilabel."
        )
    wanted = [target(files.task, path, _surveyed(column)) for column in columns]
    found = np.stack([label(*pair) for pair in zip(wanted, columns, strict=True)], axis=1)
    labels = wanted[0].categories if files.task == "classification" else [each.name for each in wanted]
    return assembled(inputs, files.task, labels, found, divided(others, str(path)), where)


def array(path: Path) -> np.ndarray:
    """Return the array of an ``.npy``; it stays on the disk.

    Raises:
        DataError: If the file is something else, or holds Python objects, which may run code.
    """
    import numpy as np

    try:
        return np.lib.format.open_memmap(path, mode="r")
    except (OSError, ValueError, EOFError) as error:
        raise kdorch.DataError(f"{path} holds no NumPy array of numbers or text: {error}") from error


@contextmanager
def archive(path: Path) -> Iterator[NpzFile]:
    """Open an ``.npz``, whose arrays are not read yet.

    Raises:
        DataError: If the file is something else.
    """
    import zipfile

    import numpy as np

    try:
        with path.open("rb") as file:  # NumPy leaves it open where it is no archive
            zipfile.ZipFile(file)
        arrays = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise kdorch.DataError(f"{path} holds no NumPy arrays: {error}") from error
    with arrays:
        yield arrays


def names(files: Files, known: Sequence[str]) -> tuple[str, str]:
    """Return which arrays of an ``.npz`` hold inputs and labels.

    Raises:
        DataError: If neither the study nor their names say.
    """
    given = (files.features[:1], files.targets_named[:1])
    used = {name for field in DIVISION if (name := getattr(files, field))}
    found = [
        chosen[0] if chosen else _only([name for name in usual if name in known and name not in used])
        for chosen, usual in zip(given, (INPUTS, TARGETS), strict=True)
    ]
    if None in found:
        raise kdorch.DataError(
            f"{files.path} holds {', '.join(known) or 'no arrays'}; which is which? Write "
            "features: [NAME] for the inputs and target: NAME for the labels."
        )
    return str(found[0]), str(found[1])


def _only(names: list[str]) -> str | None:
    return names[0] if len(names) == 1 else None


def _read(arrays: NpzFile, name: str, path: Path) -> np.ndarray:
    try:
        found: np.ndarray = arrays[name]
    except (OSError, ValueError, EOFError) as error:
        raise kdorch.DataError(f"{path}: array {name!r} cannot be read: {error}") from error
    return found


def _suit(inputs: np.ndarray, values: np.ndarray, where: str) -> None:
    if inputs.ndim < 2:  # noqa: PLR2004  rows, and something in each
        raise kdorch.DataError(
            f"{where}: inputs have shape {inputs.shape}; (rows, columns) or more is wanted."
        )
    if values.ndim not in {1, 2}:
        raise kdorch.DataError(f"{where}: labels have shape {values.shape}, not (rows,) or (rows, labels).")
    if len(inputs) != len(values):
        raise kdorch.DataError(f"{where}: there are {len(inputs):,} inputs, but {len(values):,} labels.")
    if not len(inputs):
        raise kdorch.DataError(f"{where}: there are no rows.")


def _width(values: np.ndarray) -> int:
    return 1 if values.ndim == 1 else values.shape[1]


def _series(values: np.ndarray, position: int, name: str) -> pd.Series:
    import numpy as np
    import pandas as pd

    one = _width(values) == 1
    cells = pd.Series(np.asarray(values.reshape(len(values), -1)[:, position]))
    return cells.rename(name if one else f"{name} {position}").replace("", None)


def _surveyed(cells: pd.Series) -> Survey:
    found = Survey(str(cells.name))
    found.add(cells)
    return found
