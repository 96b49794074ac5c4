"""Run a network over rows without learning."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from kdorch.training.building import answer
from kdorch.training.objective import Objective
from kdorch.training.rows import Rows

_ROWS = 1024  # large enough that the cost per batch vanishes, small enough for any cache


@dataclass(frozen=True)
class Answers:
    """What a network said about a split.

    Attributes:
        logits: Shape (rows, outputs).
        targets: The labels.
        teacher: The teacher's logits, or None.
        losses: Mean of each term over the rows that it is about, unweighted, by label.
    """

    logits: Tensor
    targets: Tensor
    teacher: Tensor | None
    losses: dict[str, float]


@torch.no_grad()
def evaluate(
    network: nn.Module, rows: Rows, objective: Objective | None = None, batch: int = _ROWS
) -> Answers:
    """Answer all rows in evaluation mode; the mode of the network and of trainable losses is restored.

    Args:
        network: The network.
        rows: What to answer.
        objective: Terms to compute on the way.
        batch: Rows of a training step, for terms that compare the rows of a batch: their values depend on how
            many those are, and their cost may rise by its cube.
    """
    modules = [network, *(objective.parts() if objective else [])]
    modes = [module.training for module in modules]
    for module in modules:
        module.eval()
    logits, targets, teacher = [], [], []
    sums: defaultdict[str, float] = defaultdict(float)
    counts: defaultdict[str, int] = defaultdict(int)
    for some, told in rows.batches(batch if objective and objective.across_rows else _ROWS):
        output = answer(network, some)
        logits.append(output.logits)
        targets.append(some.targets)
        if told is not None:
            teacher.append(told.logits)
        if objective is None:
            continue
        for label, value in objective.values(output, told, some).items():
            count = objective.averaged(label, some)
            sums[label] += value.item() * count
            counts[label] += count
    for module, mode in zip(modules, modes, strict=True):
        module.train(mode)
    losses = {label: value / max(counts[label], 1) for label, value in sums.items()}
    return Answers(torch.cat(logits), torch.cat(targets), torch.cat(teacher) if teacher else None, losses)
