"""NumPy's own files: ``.npz`` with inputs and labels by name, or ``.npy`` with the labels in another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import kdorch
from kdorch.builtin.files.division import DIVISION, divided
from kdorch.builtin.files.survey import Survey
from kdorch.builtin.files.table import label, target
from kdorch.builtin.files.targets import assembled
from kdorch.errors import reason

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.lib.npyio import NpzFile

    from kdorch.builtin.files.dataset import Files

INPUTS = ("inputs", "x", "X", "data", "images", "features")
_CELLS = "biufUM"  # numpy's letters for bool, numbers, texts and moments
TARGETS = ("targets", "y", "Y", "labels", "target", "label")


def load(files: Files) -> kdorch.Columns:
    """Return the rows of arrays."""
    import numpy as np

    path = files.path
    if path.suffix.lower() == ".npy":
        inputs, values = array(path), array(files.labels or path)
        named, others = str(files.labels), {}
    else:
        with archive(path) as arrays:
            first, named = names(files, arrays.files)
            inputs, values = read(arrays, first, path), read(arrays, named, path)
            chosen = {field: name for field in DIVISION if (name := getattr(files, field))}
            others = {
                field: _cells(read(arrays, name, path), name, f"{path}, {name!r}")
                for field, name in chosen.items()
            }
    where = f"{path}, {named!r}"
    suit(inputs, values, where)
    columns = _columns(values, named, where)
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
        return _known(np.lib.format.open_memmap(path, mode="r"))
    except Exception as error:  # of a damaged file anything: its header is a piece of Python
        raise kdorch.DataError(f"{path} holds no NumPy array of numbers or text: {reason(error)}.") from error


@contextmanager
def archive(path: Path) -> Iterator[NpzFile]:
    """Open an ``.npz``, whose arrays are not read yet.

    Raises:
        DataError: If the file is something else.
    """
    import zipfile

    import numpy as np

    with ExitStack() as closing:
        try:
            file = closing.enter_context(path.open("rb"))  # NumPy would leave it open where it is no archive
            zipfile.ZipFile(file)
            file.seek(0)
            arrays = closing.enter_context(np.load(file, allow_pickle=False))
        except Exception as error:
            raise kdorch.DataError(f"{path} holds no NumPy arrays: {reason(error)}.") from error
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


def read(arrays: NpzFile, name: str, path: Path) -> np.ndarray:
    """Return an array of an ``.npz``.

    Raises:
        DataError: If it is damaged, or holds Python objects, which may run code.
    """
    import numpy as np

    try:
        found = _known(arrays[name])
    except Exception as error:
        raise kdorch.DataError(f"{path}: array {name!r} cannot be read: {reason(error)}.") from error
    if not isinstance(found, np.ndarray):  # the bytes of what is no .npy
        raise kdorch.DataError(f"{path}: {name!r} is no NumPy array.")
    return found


def _known(found: np.ndarray) -> np.ndarray:
    """Return an array, unless its cells are bytes or records that nobody can compare."""
    dtype = getattr(found, "dtype", None)  # the bytes of what is no .npy have none
    if dtype is not None and dtype.kind == "V":
        raise TypeError(f"its cells are of type {dtype}")
    return found


def suit(inputs: np.ndarray, values: np.ndarray, where: str) -> None:
    """Make sure that there is a label, or several, to each row of inputs.

    Raises:
        DataError: If there is not.
    """
    if inputs.ndim < 2:  # noqa: PLR2004  rows, and something in each
        raise kdorch.DataError(
            f"{where}: inputs have shape {inputs.shape}; (rows, columns) or more is wanted."
        )
    if values.dtype.kind not in _CELLS:
        raise kdorch.DataError(f"{where}: labels are {values.dtype}; numbers or texts are wanted.")
    if values.ndim not in {1, 2}:
        raise kdorch.DataError(f"{where}: labels have shape {values.shape}, not (rows,) or (rows, labels).")
    if len(inputs) != len(values):
        raise kdorch.DataError(f"{where}: there are {len(inputs):,} inputs, but {len(values):,} labels.")
    if not len(inputs):
        raise kdorch.DataError(f"{where}: there are no rows.")
    if not inputs.size or not values.size:
        shapes = f"inputs of shape {inputs.shape} and labels of shape {values.shape}"
        raise kdorch.DataError(f"{where}: {shapes} hold nothing to learn from.")


def _columns(values: np.ndarray, name: str, where: str) -> list[pd.Series]:
    """Return labels column by column; several are told apart by their positions."""
    columns = values.reshape(len(values), -1).T
    names = [name] if len(columns) == 1 else [f"{name} {position}" for position in range(len(columns))]
    return [_cells(*each, where) for each in zip(columns, names, strict=True)]


def _cells(values: np.ndarray, name: str, where: str) -> pd.Series:
    """Return what stands beside the rows as the cells of a column."""
    import numpy as np
    import pandas as pd

    if values.ndim != 1 or values.dtype.kind not in _CELLS:
        told = f"{values.dtype} of shape {values.shape}"
        raise kdorch.DataError(f"{where} is {told}; numbers or texts are wanted, one for each row.")
    kind = str if values.dtype == bool else values.dtype.newbyteorder("=")  # as tables have them
    return pd.Series(np.asarray(values, kind), name=name).replace("", None)


def _surveyed(cells: pd.Series) -> Survey:
    found = Survey(str(cells.name))
    found.add(cells)
    return found
