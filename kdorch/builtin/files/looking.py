"""A first look at somebody's data: what is there, and what a study would say of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import kdorch
from kdorch.builtin.files.checking import form
from kdorch.builtin.files.dataset import Files
from kdorch.errors import did_you_mean

_LARGEST = 64  # height and width of images that are learnt from in minutes


@dataclass
class Look:
    """What was found.

    Attributes:
        rows: How many.
        table: What to show: a row of cells for each column of a table, or for each array or class.
        fields: What the study says of the data, beside the path.
        why: The reason for a field, in a few words.
        counts: Rows by class; empty unless it is a classification.
        duplicates: Rows that are the same as one before.
        images: Whether inputs have a height and a width.
    """

    rows: int
    table: Sequence[Mapping[str, str]]
    fields: dict[str, Any] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    images: bool = False


def look(path: Path, targets: Sequence[str]) -> Look:
    """Look at all rows of a file or folder.

    Args:
        path: What to look at.
        targets: What to predict; guessed if there are none.

    Raises:
        DataError: If it cannot be learnt from.
    """
    from kdorch.builtin.files.tablelook import table

    looks = {"table": table, "npz": _arrays, "folder": _folder}
    kind = form(path)
    if kind not in looks:
        raise kdorch.DataError(
            f"{path} has no labels in it. Save inputs and labels in one .npz, or write a study by hand: "
            f"data: {{use: files, path: {path.name}, labels: LABELS.npy}}."
        )
    found = looks[kind](path, targets)
    Files(path=path, **found.fields).load()  # nobody shall wait for a run to be told what is wrong
    return found


def one_of(targets: Sequence[str], known: Sequence[str], what: str) -> None:
    """Raise a DataError if a target is not among the names."""
    for name in targets:
        if name not in known:
            raise kdorch.DataError(f"{what} {name!r}. {did_you_mean(name, known)}")


def _arrays(path: Path, targets: Sequence[str]) -> Look:
    from kdorch.builtin.files.arrays import archive, names, read, suit

    given = {"target": targets[0]} if targets else {}
    with archive(path) as arrays:
        one_of(targets, arrays.files, f"{path} has no array")
        first, second = names(Files(path=path, **given), arrays.files)
        inputs, labels = read(arrays, first, path), read(arrays, second, path)
    suit(inputs, labels, f"{path}, {second!r}")
    shown = [
        {"array": name, "type": str(array.dtype), "shape": str(array.shape)}
        for name, array in ((first, inputs), (second, labels))
    ]
    task = "classification" if labels.ndim == 1 else "regression"
    if labels.ndim == 1 and labels.dtype.kind == "f" and (labels % 1 != 0).any():
        task = "regression"
    elif labels.ndim > 1 and labels.dtype.kind in "biuf" and bool(((labels == 0) | (labels == 1)).all()):
        task = "multilabel"
    counts = Counter(map(str, labels.tolist())) if task == "classification" else Counter()
    fields = {"task": task, "features": [first], "target": second}
    return Look(len(inputs), shown, fields, {}, counts, images=inputs.ndim in {3, 4})


def _folder(path: Path, targets: Sequence[str]) -> Look:
    from kdorch.builtin.files.folders import files_by_class
    from kdorch.builtin.files.images import IMAGES

    if targets:
        raise kdorch.DataError(f"{path} is a folder: its sub-folders are the classes, so leave out --target.")
    found, _ = files_by_class(path, IMAGES, "images")
    counts = Counter(label for _, label, _ in found)
    shown = [{"class": label, "images": f"{count:,}"} for label, count in sorted(counts.items())]
    files = [file for file, *_ in found]
    fields, why = pixels(files)
    duplicates = len(files) - len({file.read_bytes() for file in files})
    return Look(len(files), shown, {"task": "classification"} | fields, why, counts, duplicates, images=True)


def pixels(files: Sequence[Path]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the fields for images, and why."""
    from kdorch.builtin.files.images import opened, upright

    sizes, modes = set(), set()
    for file in files:
        with opened(file) as image:
            sizes.add(upright(image))
            modes.add(image.mode)
    grey = modes <= {"1", "L", "I", "I;16"}
    fields: dict[str, Any] = {"channels": "grey" if grey else "rgb"}
    largest = max(side for size in sizes for side in size)
    if len(sizes) == 1 and largest <= _LARGEST:
        return fields, {}
    side = min(_LARGEST, largest)
    reason = "they differ in size" if len(sizes) > 1 else f"they are {'{} x {}'.format(*next(iter(sizes)))}"
    return fields | {"size": [side, side]}, {"size": f"height, width; all are scaled to it, as {reason}"}
