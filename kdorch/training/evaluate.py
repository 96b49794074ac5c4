"""Run a network over rows without learning."""

from __future__ import annotations

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
        losses: Mean of each term, unweighted, by label.
    """

    logits: Tensor
    targets: Tensor
    teacher: Tensor | None
    losses: dict[str, float]


@torch.no_grad()
def evaluate(network: nn.Module, rows: Rows, objective: Objective | None = None) -> Answers:
    """Answer all rows in evaluation mode; the mode of the network and of trainable losses is restored."""
    modules = [network, *(objective.parts() if objective else [])]
    modes = [module.training for module in modules]
    for module in modules:
        module.eval()
    logits, targets, teacher = [], [], []
    sums: dict[str, float] = {}
    for batch, told in rows.batches(_ROWS):
        output = answer(network, batch)
        logits.append(output.logits)
        targets.append(batch.targets)
        if told is not None:
            teacher.append(told.logits)
        for label, value in (objective.values(output, told, batch) if objective else {}).items():
            sums[label] = sums.get(label, 0.0) + value.item() * len(batch.rows)
    for module, mode in zip(modules, modes, strict=True):
        module.train(mode)
    losses = {label: value / len(rows) for label, value in sums.items()}
    return Answers(torch.cat(logits), torch.cat(targets), torch.cat(teacher) if teacher else None, losses)
