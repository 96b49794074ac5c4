"""The training rows as a student is shown them: perhaps not all of them, and perhaps in several versions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from kdorch.training.rows import Recall, Rows, Some, open_rows, opened, stored

KEPT = "kept.npy"  # positions of the rows that are shown
LABELLED = "labelled.npy"  # which of all training rows have a label


def open_views(
    data: Path,
    teacher: Path | None,
    transfer: Path | None,
    answers: Path | None,
    *,
    budget: int,
    recall: Recall | None = None,
) -> list[Rows]:
    """Open the training rows in all their views, the first of which is the rows as they are.

    Args:
        data: Directory of a stored dataset.
        teacher: Directory of a teacher's stored outputs.
        transfer: Directory of what the student is shown of the training rows; None if that is all.
        answers: Directory of the teacher's outputs for the further views; None without a teacher.
        budget: Bytes that may be held in memory.
        recall: What the teacher makes of its stored outputs; they are taken as they are by default.
    """
    if transfer is None:
        return [open_rows(data, "train", teacher, budget=budget, recall=recall)]
    columns, kept = shown(data, transfer)
    folders = view_folders(transfer)
    budget //= 1 + len(folders)
    told = stored(teacher / "train") if teacher else {}
    first = opened(columns | told, budget, recall if told else None)
    views = [first if kept is None else Some(first, torch.from_numpy(kept))]
    del columns["inputs"]
    labels = columns if kept is None else {name: column[kept] for name, column in columns.items()}
    for folder in folders:
        told = stored(answers / folder.name) if answers else {}
        views.append(opened(labels | stored(folder) | told, budget, recall if told else None))
    return views


def shown(data: Path, transfer: Path) -> tuple[dict[str, np.ndarray], np.ndarray | None]:
    """Return all training rows, with the labels that are kept, and which rows are shown; None if all are."""
    columns = stored(data / "train")
    if (transfer / LABELLED).exists():
        columns["labelled"] = np.load(transfer / LABELLED, mmap_mode="r")
    return columns, np.load(transfer / KEPT) if (transfer / KEPT).exists() else None


def view_folders(transfer: Path) -> list[Path]:
    """Return the directories of the views after the first, in their order."""
    return sorted(transfer.glob("view-*"), key=lambda folder: int(folder.name.removeprefix("view-")))
