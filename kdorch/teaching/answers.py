"""What a teacher says about each row of a split, written as it is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kdorch.errors import DataError
from kdorch.kinds import Batch, Output, Task
from kdorch.teaching.arrays import new_array
from kdorch.training.evaluate import rows_at_once
from kdorch.training.rows import Rows, columns_of, open_rows
from kdorch.training.top import narrowed


def answer_all(
    folder: Path,
    answers: Callable[[Batch], Output],
    task: Task,
    data: Path,
    budget: int,
    *,
    kept: frozenset[str] = frozenset(),
    top: int | None = None,
) -> int:
    """Write the answers to the split that the folder is named after.

    Args:
        folder: A folder that does not exist yet; it gets a file for the logits and each feature.
        answers: The teacher.
        task: What it answers.
        data: Directory of the stored dataset.
        budget: Bytes of rows that may be held in memory.
        kept: Features to write beside the logits.
        top: How many entries of each distribution are kept; None for the logits as they are.

    Returns:
        The number of rows.

    Raises:
        DataError: If the answers are not finite, or not of the shape that they should have.
    """
    rows = open_rows(data, folder.name, None, budget=budget)
    return answer_rows(folder, answers, task, rows, kept=kept, top=top)


@torch.no_grad()
def answer_rows(
    folder: Path,
    answers: Callable[[Batch], Output],
    task: Task,
    rows: Rows,
    *,
    kept: frozenset[str] = frozenset(),
    top: int | None = None,
    logits: bool = True,
) -> int:
    """Write the answers to these rows into a folder that does not exist yet, or their features alone."""
    folder.mkdir()
    stored: dict[str, np.memmap[Any, Any]] = {}
    done = 0
    for batch, _ in rows.batches(rows_at_once(task)):
        output = answers(batch)
        if not isinstance(output, Output) or not isinstance(output.logits, Tensor):
            raise DataError(
                f"the teacher answers a {_kind(output)}, not a kdorch.Output with a tensor of logits."
            )
        columns = columns_of(output, kept)
        _validate(output, columns, batch, task)
        columns = {name: values.float() for name, values in columns.items() if logits or name != "logits"}
        if top:
            columns |= columns_of(narrowed(output, top), ())
        for name, values in columns.items():
            column = values.numpy()
            if name not in stored:
                shape = (len(rows), *column.shape[1:])
                stored[name] = new_array(folder / f"{name}.npy", column.dtype, shape)
            stored[name][done : done + len(column)] = column
        done += len(batch.rows)
    for column in stored.values():
        column.flush()
    return done


def _kind(output: Any) -> str:
    return type(output.logits if isinstance(output, Output) else output).__name__


def _validate(output: Output, columns: Mapping[str, Tensor], batch: Batch, task: Task) -> None:
    expected = (len(batch.rows), *task.output_shape)
    if tuple(output.logits.shape) != expected:
        raise DataError(
            f"the teacher answers logits of shape {tuple(output.logits.shape)}; the task needs {expected}."
        )
    for name, values in columns.items():
        if len(values) != len(batch.rows):
            raise DataError(
                f"the teacher answers {len(batch.rows)} rows with {len(values)} of {name}; features have the "
                "batch first."
            )
        bad = ~torch.isfinite(values.reshape(len(values), -1)).all(-1)
        if bad.any():
            rows = batch.rows[bad].tolist()
            raise DataError(
                f"the teacher answers NaN or infinity for {len(rows)} rows, the first is row {rows[0]}."
            )
