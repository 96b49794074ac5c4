"""What every teacher keeps, and what this one is for."""

from __future__ import annotations

import kdorch
import torch
from kdorch.testing import TeacherContract

from kdorch_placeholder import Placeholder


class TestPlaceholder(TeacherContract):
    teacher = Placeholder(neighbours=3)


def test_the_nearest_rows_are_asked() -> None:
    rows = {"inputs": torch.tensor([[0.0], [0.1], [9.0]]), "targets": torch.tensor([1, 1, 0])}
    task = kdorch.Classification(labels=["far", "near"], input_shape=(1,))
    batch = kdorch.Batch(torch.tensor([[0.2]]), torch.tensor([1]), torch.tensor([0]))
    said = Placeholder(neighbours=2, doubt=1.0).build(task, rows)(batch)
    torch.testing.assert_close(said.logits.softmax(-1), torch.tensor([[0.25, 0.75]]))
