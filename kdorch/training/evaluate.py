"""Run a network over rows without learning."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from kdorch.kinds import Batch, Output, Task
from kdorch.training.building import answer
from kdorch.training.device import at_home, home
from kdorch.training.objective import Objective
from kdorch.training.pooling import quick_pooling
from kdorch.training.rows import Rows
from kdorch.training.top import widened

_ROWS = 1024  # large enough that the cost per batch vanishes
_NUMBERS = 2**20  # that the inputs or the logits of so many rows may have together: 4 MB
# The first layer makes some 32 numbers of one: of so many 16 MB, which stay near the processor. Large images
# are made small by it; of them a few are answered in any case.
_NEAR, _FEW = 2**17, 8


@dataclass(frozen=True)
class Answers:
    """What a network said about a split, at home wherever it was computed.

    Attributes:
        logits: Shape (rows, outputs), or as the task wants them.
        targets: The labels.
        teacher: The teacher's logits, or None.
        losses: Mean of each term over the rows that it is about, unweighted, by label.
    """

    logits: Tensor
    targets: Tensor
    teacher: Tensor | None
    losses: dict[str, float]


@dataclass
class Means:
    """The mean of each term over the rows that it is about."""

    objective: Objective | None
    sums: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    counts: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, output: Output, told: Output | None, batch: Batch) -> None:
        """Count a batch in."""
        if self.objective is None:
            return
        for label, value in self.objective.values(output, told, batch).items():
            count = self.objective.averaged(label, batch)
            self.sums[label] += value.item() * count
            self.counts[label] += count

    def values(self) -> dict[str, float]:
        """Return the means, by label."""
        return {label: value / max(self.counts[label], 1) for label, value in self.sums.items()}


def rows_at_once(task: Task) -> int:
    """Return how many rows to answer at once: fewer where a row, or its answer, is large."""
    shown, said = (max(1, math.prod(shape)) for shape in (task.input_shape, task.output_shape))
    near = max(_FEW, _NEAR // shown) if at_home() else _ROWS
    return max(1, min(_ROWS, near, _NUMBERS // max(shown, said)))


@torch.no_grad()
def evaluate(
    network: nn.Module, rows: Rows, task: Task, objective: Objective | None = None, batch: int = _ROWS
) -> Answers:
    """Answer all rows in evaluation mode; the mode of the network and of trainable losses is restored.

    Args:
        network: The network.
        rows: What to answer.
        task: What is answered.
        objective: Terms to compute on the way.
        batch: Rows of a training step, for terms that compare the rows of a batch: their values depend on how
            many those are, and their cost may rise by its cube.
    """
    logits, targets, teacher, means = [], [], [], Means(objective)
    for some, told, output in _answered(network, rows, task, objective, batch):
        logits.append(output.logits)
        targets.append(some.targets)
        if told is not None:
            teacher.append(told.logits)
        means.add(output, told, some)
    said = torch.cat(teacher) if teacher else None
    return Answers(*home((torch.cat(logits), torch.cat(targets), said)), means.values())


@torch.no_grad()
def mean_losses(
    network: nn.Module, rows: Rows, task: Task, objective: Objective, batch: int = _ROWS
) -> dict[str, float]:
    """Return the mean of each term, as `evaluate` does, and keep no answers: training rows are many."""
    means = Means(objective)
    for some, told, output in _answered(network, rows, task, objective, batch):
        means.add(output, told, some)
    return means.values()


def _answered(
    network: nn.Module, rows: Rows, task: Task, objective: Objective | None, batch: int
) -> Iterator[tuple[Batch, Output | None, Output]]:
    """Yield each batch, what the teacher and what the network says of it."""
    modules = [network, *(objective.parts() if objective else [])]
    modes = [module.training for module in modules]
    for module in modules:
        module.eval()
    size = batch if objective and objective.across_rows else rows_at_once(task)
    with quick_pooling(network):
        for some, stored in rows.batches(size):
            output = answer(network, some)
            yield some, stored and widened(stored, output.logits), output
    for module, mode in zip(modules, modes, strict=True):
        module.train(mode)
