"""What a teacher might say, to try a student and its losses by before there is a teacher."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from kdorch.kinds import Batch, Output, Task
from kdorch.training.rows import Rows


def supposed(task: Task, count: int) -> Output:
    """Return logits for so many rows, the same each time: noise, as some losses divide by their spread."""
    generator = torch.Generator().manual_seed(0)
    return Output(torch.randn(count, *task.output_shape, generator=generator))


@dataclass
class Supposed:
    """Rows with noise for what the teacher says of them.

    Attributes:
        rows: Without a teacher.
        task: What the teacher would answer.
    """

    rows: Rows
    task: Task
    _said: dict[int, Output] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def batches(self, size: int, order: Tensor | None = None) -> Iterator[tuple[Batch, Output | None]]:
        """Yield the batches of ``rows``, with the same noise for each that has as many rows."""
        for batch, _nobody in self.rows.batches(size, order):
            count = len(batch.rows)
            if count not in self._said:
                self._said[count] = supposed(self.task, count)
            yield batch, self._said[count]
