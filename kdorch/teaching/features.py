"""The teacher's features, stored for the trials where they fit the study's budget of disk."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.filesize import decimal

from kdorch.errors import DataError, did_you_mean
from kdorch.kinds import Dataset, Output, Teacher
from kdorch.teaching.answers import answer_rows
from kdorch.teaching.store import Entry, Store
from kdorch.teaching.teacher import ALGORITHM, asked_again, stored_task
from kdorch.training.asking import IDS
from kdorch.training.building import SAMPLE
from kdorch.training.rows import Rows, open_rows
from kdorch.training.views import open_views, view_folders

_SPLITS = ("train", "validation")
_PRECISION = 4  # bytes of a stored number
_ROWS = 4096  # at once, to read their ids


@dataclass(frozen=True)
class Kept:
    """What became of a teacher's features.

    Attributes:
        names: Of those that the losses read.
        bytes: What they take, or would take.
        entry: Where they are stored; None if they do not fit.
    """

    names: list[str]
    bytes: int
    entry: Entry | None


def keep_features(
    store: Store,
    teacher: Teacher,
    entry: Path,
    data: Path,
    transfer: Path | None,
    *,
    names: Collection[str] | None,
    disk: int,
    budget: int,
    dataset: Dataset | None = None,
) -> Kept:
    """Store features of all rows and views that trials see, once, unless they would take too much.

    Args:
        store: Where to store them.
        teacher: The teacher.
        entry: Directory of its state.
        data: Directory of the stored dataset.
        transfer: Directory of the views; None if the student is shown all rows as they are.
        names: Which features; None for all that it shows.
        disk: Bytes that they may take.
        budget: Bytes of rows that may be held in memory.
        dataset: What ships the rows, for a teacher that takes them as they are.

    Raises:
        DataError: If it shows no such feature, its answers are not finite, or they do not fit and trials
            cannot ask for them.
    """
    task = stored_task(data)
    answers = asked_again(teacher, entry, data, dataset)
    folders = list(_folders(data, transfer, budget))
    batch, _ = next(folders[0][1].batches(SAMPLE))
    with torch.no_grad():
        shown = answers(batch)
    chosen = sorted(shown.features if names is None else _known(names, shown))
    each = sum(shown.features[name][0].numel() for name in chosen)
    size = _PRECISION * each * sum(len(rows) for _, rows in folders)
    if size > disk and teacher.raw:
        raise DataError(
            f"teacher {teacher.name!r} takes rows as they are shipped, so trials cannot ask it, and its "
            f"features take {decimal(size)}. Write store: {{disk: {size}}}."
        )
    if size > disk:
        return Kept(chosen, size, None)

    def write(folder: Path) -> dict[str, Any]:
        started = time.perf_counter()
        count = 0
        for name, rows in folders:
            count += answer_rows(folder / name, answers, task, rows, kept=frozenset(chosen), logits=False)
            ids = torch.cat([batch.rows for batch, _ in rows.batches(_ROWS)])
            np.save(folder / name / f"{IDS}.npy", ids.numpy())
        return {"rows_evaluated": count, "seconds": time.perf_counter() - started}

    key = {
        "teacher": entry.name,
        "data": data.name,
        "transfer": transfer.name if transfer and len(folders) > len(_SPLITS) else None,
        "features": chosen,
        "algorithm": ALGORITHM,
    }
    return Kept(chosen, size, store.make("teacher", key, write))


def _folders(data: Path, transfer: Path | None, budget: int) -> Iterator[tuple[str, Rows]]:
    """Yield the rows that trials see, each with the name of its folder."""
    yield from ((split, open_rows(data, split, None, budget=budget)) for split in _SPLITS)
    if transfer:
        views = open_views(data, None, transfer, None, budget=budget)[1:]
        yield from zip((view.name for view in view_folders(transfer)), views, strict=True)


def _known(names: Collection[str], shown: Output) -> Collection[str]:
    """Return the names, once all are those of features.

    Raises:
        DataError: If one is not.
    """
    for name in sorted(set(names) - shown.features.keys()):
        known = did_you_mean(name, shown.features) or "It shows none."
        raise DataError(f"the teacher has no feature {name!r}, which a loss names. {known}")
    return names
