"""What single test rows contribute to a score, for intervals over rows."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from kdorch.kinds import Task

BLOCKS = 40  # of rows at most, each left out in turn: Student's quantile hardly falls with more


def by_row(task: Task, name: str, logits: Tensor, targets: Tensor) -> list[float]:
    """Return values that vary with the rows as the score does, and whose mean it is, or nearly so.

    Those are the scores of single rows, where the task has some. Where a score is no mean over rows they are
    the pseudo-values of the jackknife (Tukey 1958; Miller, Biometrika 61, 1974): rows are put into blocks by
    chance, the same every time, and each is left out in turn. Nothing where a value is no number.
    """
    each = task.row_scores(name, logits, targets)
    values = _pseudo_values(task, name, logits, targets) if each is None else each.tolist()
    return values if all(map(math.isfinite, values)) else []


def _pseudo_values(task: Task, name: str, logits: Tensor, targets: Tensor) -> list[float]:
    count = min(len(targets), BLOCKS)
    if count < 2:  # noqa: PLR2004  nothing would be left
        return []
    whole, found = task.score(name, logits, targets), []
    order = torch.randperm(len(targets), generator=torch.Generator().manual_seed(0))
    for block in order.tensor_split(count):
        kept = torch.ones(len(targets), dtype=torch.bool)
        kept[block] = False
        found.append(count * whole - (count - 1) * task.score(name, logits[kept], targets[kept]))
    return found
