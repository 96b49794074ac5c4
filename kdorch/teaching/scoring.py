"""A teacher's scores: of its stored logits, or of what it answers where those are not kept whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kdorch.kinds import Dataset, Task, Teacher
from kdorch.teaching.store import Entry, Store
from kdorch.teaching.teacher import ALGORITHM, asked_again, sample, stored_task
from kdorch.training.by_row import by_row
from kdorch.training.evaluate import rows_at_once
from kdorch.training.rows import open_rows


def scores(entry: Path, data: Path, split: str, metrics: Sequence[str] = ()) -> dict[str, float]:
    """Return the scores of a teacher's stored logits on one split; metrics by their torchmetrics names."""
    logits = torch.from_numpy(np.load(entry / split / "logits.npy"))
    return _scores(stored_task(data, metrics), logits, data / split)


def single_scores(
    entry: Path, data: Path, split: str, score: str, metrics: Sequence[str] = ()
) -> list[float]:
    """Return what single rows of a split score, of a teacher's stored logits; arguments as of `scores`."""
    logits, targets = (np.load(file) for file in (entry / split / "logits.npy", data / split / "targets.npy"))
    return by_row(stored_task(data, metrics), score, torch.from_numpy(logits), torch.from_numpy(targets))


def asked_scores(
    store: Store,
    teacher: Teacher,
    entry: Path,
    data: Path,
    split: str,
    *,
    budget: int,
    metrics: Sequence[str] = (),
    dataset: Dataset | None = None,
) -> Entry:
    """Have the teacher answer a split once more and store the scores alone, under ``scores`` of the facts.

    For a teacher of whose answers the largest entries are stored: scores are of all of them.
    """
    key = {
        "teacher": entry.name,
        "data": data.name,
        "scores": split,
        "metrics": sorted(metrics),
        "algorithm": ALGORITHM,
    }

    def write(_: Path) -> dict[str, Any]:
        task, answers = stored_task(data, metrics), asked_again(teacher, entry, data, dataset)
        rows = open_rows(data, split, None, budget=budget)
        with torch.no_grad():
            logits = torch.cat([answers(batch).logits for batch, _ in rows.batches(rows_at_once(task))])
        scores = _scores(task, logits, data / split)
        return {
            "scores": scores,
            "rows_evaluated": len(rows),
            "sample": sample(teacher, task, answers, data),
        }

    return store.make("teacher", key, write)


def _scores(task: Task, logits: Tensor, split: Path) -> dict[str, float]:
    targets = torch.from_numpy(np.load(split / "targets.npy"))
    return {name: task.score(name, logits, targets) for name in (*task.directions, *task.metrics)}
