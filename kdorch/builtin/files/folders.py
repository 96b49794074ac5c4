"""A folder with a sub-folder for each class."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import kdorch
from kdorch.builtin.files.division import SPLITS

Sorted = list[tuple[Path, str, str]]


def files_by_class(folder: Path, suffixes: Collection[str], what: str) -> tuple[Sorted, list[str]]:
    """Return file, class and split (empty if there is none) of each file, sorted, and what is left out.

    Sub-folders are the classes; where all of them are called as splits are (``train``, ``validation``,
    ``test``), their sub-folders are. What is hidden is passed over, and so is what has another suffix, which
    is counted.

    Args:
        folder: Where to look.
        suffixes: What names of the files end with, in small letters, as in ``.png``.
        what: The files, in words, for messages.

    Raises:
        DataError: If there are none in sub-folders.
    """
    above = _folders(folder)
    divided = bool(above) and all(each.name.lower() in SPLITS for each in above)
    classes = (
        [(each, SPLITS[part.name.lower()]) for part in above for each in _folders(part)]
        if divided
        else [(each, "") for each in above]
    )
    every = [(file, each.name, part) for each, part in classes for file in _files(each)]
    found = [each for each in every if each[0].suffix.lower() in suffixes]
    if not found:
        raise kdorch.DataError(f"{folder} has no sub-folders with {what}, one for each class.")
    others = sorted({file.suffix.lower() or file.name for file, *_ in every} - set(suffixes))
    left = f"files left out, as their names are not those of {what} ({', '.join(others)})"
    return found, [f"{left}: {len(every) - len(found):,}"] if others else []


def _folders(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if each.is_dir() and not each.name.startswith("."))


def _files(folder: Path) -> Iterator[Path]:
    return (file for file in sorted(folder.rglob("*")) if file.is_file() and not file.name.startswith("."))
