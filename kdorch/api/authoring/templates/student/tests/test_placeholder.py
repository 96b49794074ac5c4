"""What every student keeps, and what this one is for."""

from __future__ import annotations

import kdorch
from kdorch.testing import StudentContract

from kdorch_placeholder import Placeholder


class TestPlaceholder(StudentContract):
    student = Placeholder(rank=2, width=8)


def test_the_first_layer_is_squeezed() -> None:
    task = kdorch.Classification(labels=["a", "b", "c"], input_shape=(1, 20, 20))
    network = Placeholder(rank=2, width=30).build(task)
    weights = sum(parameter.numel() for parameter in network.parameters())
    assert weights == 400 * 2 + (2 + 1) * 30 + (30 + 1) * 3  # and not more than 400 * 30
