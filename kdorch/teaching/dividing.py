"""Divide rows into training, validation and locked test, the same way every time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from kdorch.errors import DataError
from kdorch.kinds import Columns
from kdorch.study import Split

SPLITS = ("train", "validation", "test")


def divide(columns: Columns, split: Split) -> dict[str, np.ndarray]:
    """Return the sorted row positions of each split.

    Rows without a label are trained on, but for those that belong to a held-out group, time or part.

    Args:
        columns: The rows, and what they say about their own division.
        split: Shares, for rows that say nothing, or only what belongs together.

    Raises:
        DataError: If rows cannot be divided so, or a split would be empty.
    """
    labelled = np.ones(len(columns.targets), bool) if columns.labelled is None else columns.labelled
    known, unknown = np.flatnonzero(labelled), np.flatnonzero(~labelled)
    if not len(known):
        raise DataError("no row has a label.")
    if columns.parts is not None:
        _check_parts(columns.parts)
        parts = _ready_made(columns, known, split)
    elif columns.times is not None:
        parts = _by_time(columns.times[known], split)
    elif columns.groups is not None:
        parts = _by_group(columns.groups[known], split)
    else:
        parts = _at_random(columns.task.strata(columns.targets[known]), len(known), split)
    found = {name: known[part] for name, part in parts.items()}
    empty = [name for name in SPLITS if not len(found[name])]
    if empty:
        what = "row" if len(known) == len(labelled) else "row with a label"
        raise DataError(f"no {what} is left for {' and '.join(empty)}; each of the 3 splits needs some.")
    held = np.concatenate([found["validation"], found["test"]])
    found["train"] = np.concatenate([found["train"], unknown[_trainable(columns, unknown, held)]])
    return {name: np.sort(found[name]) for name in SPLITS}


def _trainable(columns: Columns, unknown: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Say which rows without a label have nothing to do with those that are held out."""
    if columns.parts is not None:
        return np.asarray(columns.parts[unknown] == "train")
    if columns.times is not None:
        return np.asarray(columns.times[unknown] < columns.times[held].min())
    if columns.groups is not None:
        return ~np.isin(columns.groups[unknown], columns.groups[held])
    return np.ones(len(unknown), bool)


def _check_parts(parts: np.ndarray) -> None:
    strange = sorted(set(map(str, np.unique(parts))) - set(SPLITS))
    if strange:
        raise DataError(f"a ready-made split is {strange[0]!r}; it must be one of {', '.join(SPLITS)}.")


def _ready_made(columns: Columns, known: np.ndarray, split: Split) -> dict[str, np.ndarray]:
    assert columns.parts is not None  # noqa: S101  who calls has looked
    found = {name: np.flatnonzero(columns.parts[known] == name) for name in SPLITS}
    train = found["train"]
    if "validation" in columns.parts or not len(train):
        return found
    strata = columns.task.strata(columns.targets[known[train]])
    with _explained(strata):
        kept, held = _stratified(len(train), split.validation, strata, split.seed)
    return found | {"train": train[kept], "validation": train[held]}


def _by_time(times: np.ndarray, split: Split) -> dict[str, np.ndarray]:
    """Cut at moments, so that rows of one moment are never on both sides of a cut."""
    order, last = np.sort(times), len(times) - 1
    shares = 1 - split.test - split.validation, 1 - split.test
    first_validation, first_test = (order[min(round(len(order) * share), last)] for share in shares)
    return {
        "train": np.flatnonzero(times < first_validation),
        "validation": np.flatnonzero((times >= first_validation) & (times < first_test)),
        "test": np.flatnonzero(times >= first_test),
    }


def _by_group(groups: np.ndarray, split: Split) -> dict[str, np.ndarray]:
    from sklearn.model_selection import GroupShuffleSplit

    count = len(np.unique(groups))
    if count < len(SPLITS):
        raise DataError(f"there are {count} groups; each of the 3 splits needs one.")
    held = split.validation + split.test
    train, rest = _two(GroupShuffleSplit(1, test_size=held, random_state=split.seed), groups)
    share = split.test / held
    validation, test = _two(GroupShuffleSplit(1, test_size=share, random_state=split.seed), groups[rest])
    return {"train": train, "validation": rest[validation], "test": rest[test]}


def _two(splitter: object, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    try:
        first, second = next(splitter.split(groups, groups=groups))  # type: ignore[attr-defined]
    except ValueError as error:
        raise DataError(f"the groups cannot be divided as asked: {error}") from error
    return first, second


def _at_random(strata: np.ndarray | None, count: int, split: Split) -> dict[str, np.ndarray]:
    if strata is not None:
        label, rows = _rarest(strata)
        if rows < len(SPLITS):
            raise DataError(f"label {label!r} has {rows} rows; each of the 3 splits needs one.")
    held = split.validation + split.test
    with _explained(strata):
        train, rest = _stratified(count, held, strata, split.seed)
        beside = None if strata is None else strata[rest]
        validation, test = _stratified(len(rest), split.test / held, beside, split.seed)
    return {"train": train, "validation": rest[validation], "test": rest[test]}


def _stratified(
    count: int, share: float, strata: np.ndarray | None, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of most rows and of a share of them, with its share of each stratum."""
    from sklearn.model_selection import train_test_split

    most, some = train_test_split(np.arange(count), test_size=share, stratify=strata, random_state=seed)
    return most, some


@contextmanager
def _explained(strata: np.ndarray | None) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        fewest = "" if strata is None else " Label {!r} has the fewest rows: {}.".format(*_rarest(strata))
        raise DataError(f"the rows cannot be divided as asked: {error}{fewest}") from error


def _rarest(strata: np.ndarray) -> tuple[object, int]:
    """Return the label with the fewest rows, and how many."""
    return min(Counter(strata.tolist()).items(), key=lambda item: item[1])
