"""What the teacher says of the views of the training rows, stored beside what it says of the rows."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from safetensors.torch import load_file

from kdorch.kinds import Teacher
from kdorch.teaching.answers import answer_rows
from kdorch.teaching.store import Entry, Store
from kdorch.teaching.teacher import ALGORITHM, stored_task
from kdorch.training.device import answers_there
from kdorch.training.views import open_views, view_folders


def answer_views(
    store: Store,
    teacher: Teacher,
    entry: Path,
    transfer: Path,
    data: Path,
    *,
    budget: int,
    top: int | None = None,
) -> Entry:
    """Store the teacher's answers to each view after the first, once per row and view.

    Args:
        store: Where to store them.
        teacher: The teacher.
        entry: Directory of its state.
        transfer: Directory of the views.
        data: Directory of the stored dataset.
        budget: Bytes of rows that may be held in memory.
        top: How many entries of each distribution are stored; None for the logits as they are.

    Raises:
        DataError: If its answers are not finite.
    """
    key = {
        "teacher": entry.name,
        "transfer": transfer.name,
        "algorithm": ALGORITHM,
    }

    def write(folder: Path) -> dict[str, Any]:
        started, task = time.perf_counter(), stored_task(data)
        state = load_file(entry / "state.safetensors")
        answers = answers_there(lambda: teacher.build(task, state))
        views = open_views(data, None, transfer, None, budget=budget)[1:]
        rows = sum(
            answer_rows(folder / view.name, answers, task, found, kept=teacher.keeps(), top=top)
            for view, found in zip(view_folders(transfer), views, strict=True)
        )
        return {"rows_evaluated": rows, "seconds": time.perf_counter() - started}

    return store.make("teacher", key, write)
