"""What every loss keeps, and what this one is for."""

from __future__ import annotations

import kdorch
import pytest
import torch
from kdorch.testing import LossContract

from kdorch_placeholder import Placeholder


class TestPlaceholder(LossContract):
    loss = Placeholder(temperature=2.0)


def test_the_worst_row_costs_no_more_than_the_squared_temperature() -> None:
    batch = kdorch.Batch(torch.zeros(1, 2), torch.zeros(1, dtype=torch.long), torch.arange(1))
    one, other = torch.tensor([[1000.0, 0.0]]), torch.tensor([[0.0, 1000.0]])
    term = Placeholder(temperature=3.0)(kdorch.Output(one), kdorch.Output(other), batch)
    assert term.item() == pytest.approx(9.0)
