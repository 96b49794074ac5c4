"""What every teacher keeps, and what this one is for."""

from __future__ import annotations

import kdorch
import torch
from kdorch.testing import TeacherContract

from kdorch_placeholder import Placeholder


class TestPlaceholder(TeacherContract):
    teacher = Placeholder(neighbours=3)


def test_the_nearest_rows_are_asked_and_believed_but_for_some_doubt() -> None:
    rows = {"inputs": torch.tensor([[0.0], [0.1], [9.0]]), "targets": torch.tensor([1, 1, 0])}
    task = kdorch.Classification(labels=["far", "near"], input_shape=(1,))
    batch = kdorch.Batch(torch.tensor([[0.2]]), torch.tensor([1]), torch.tensor([0]))
    teacher = Placeholder(neighbours=2, doubt=0.5)
    said = teacher.recall(task, teacher.build(task, rows)(batch)).logits.softmax(-1)
    torch.testing.assert_close(said, torch.tensor([[0.25, 0.75]]), rtol=0, atol=1e-3)
