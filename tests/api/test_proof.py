"""What rounding may move, and what it may not."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import kdorch
from kdorch.api.proof import differences, same_inputs
from kdorch.training.evaluate import evaluate
from kdorch.training.rows import InMemory

TASK = kdorch.Classification(labels=["a", "b", "c"])
INPUTS = torch.randn(400, 8, generator=torch.Generator().manual_seed(0))


class Wrapped(nn.Module):
    """A network whose logits go through ``change``."""

    def __init__(self, network: nn.Module, change: Any) -> None:
        super().__init__()
        self.network, self.change = network, change

    def forward(self, inputs: Tensor) -> Tensor:
        return self.change(self.network(inputs))


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(8, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 3)).eval()


@pytest.fixture
def rows(network: nn.Module) -> InMemory:
    """Rows of which the network gets most right, none of them far from wrong."""
    with torch.no_grad():
        targets = network(INPUTS).argmax(-1)
    targets[::7] = 0
    return InMemory({"inputs": INPUTS, "targets": targets, "rows": torch.arange(400)})


@pytest.fixture
def recorded(network: nn.Module, rows: InMemory) -> dict[str, float]:
    with torch.no_grad():
        logits = network(rows.columns["inputs"])
    return {f"val/{name}": TASK.score(name, logits, rows.columns["targets"]) for name in TASK.directions}


def noisy(logits: Tensor) -> Tensor:
    """Return the logits as another order of summation might give them, and worse."""
    noise = torch.randn(logits.shape, generator=torch.Generator().manual_seed(1))
    return logits + 1e-5 * logits.abs().max() * noise


@pytest.mark.parametrize("change", [lambda logits: logits, noisy], ids=["nothing", "rounding"])
def test_rounding_changes_no_score(change: Any, network: nn.Module, rows: InMemory, recorded: Any) -> None:
    assert differences(recorded, evaluate(Wrapped(network, change), rows, TASK), TASK) == []


def test_the_same_answers_with_another_confidence_are_another_student(
    network: nn.Module, rows: InMemory, recorded: Any
) -> None:
    (told,) = differences(
        recorded, evaluate(Wrapped(network, lambda logits: logits * 1.05), rows, TASK), TASK
    )
    assert told.startswith(f"val/loss was {recorded['val/loss']:.6g} and is ")


def test_every_score_that_differs_is_named(network: nn.Module, rows: InMemory, recorded: Any) -> None:
    told = differences(
        recorded, evaluate(Wrapped(network, lambda logits: logits.roll(1, -1)), rows, TASK), TASK
    )
    assert [difference.partition(" ")[0] for difference in told] == ["val/accuracy", "val/f1", "val/loss"]


def test_a_student_that_answers_nan_is_another_one(network: nn.Module, rows: InMemory, recorded: Any) -> None:
    (told,) = differences(
        recorded, evaluate(Wrapped(network, lambda logits: logits / 0 * 0), rows, TASK), TASK
    )[-1:]
    assert told.endswith("is nan")


@pytest.mark.parametrize("loss", [math.inf, math.nan, None])
def test_a_score_that_was_not_recorded_proves_nothing(
    loss: float | None, network: nn.Module, rows: InMemory, recorded: Any
) -> None:
    known = {name: value for name, value in recorded.items() if name != "val/loss"}
    known |= {} if loss is None else {"val/loss": loss}
    assert differences(known, evaluate(network, rows, TASK), TASK) == []


# One column of large values must not hide a change in another of small ones.
STORED = torch.randn(16, 3, generator=torch.Generator().manual_seed(0)) * torch.tensor([1e6, 1.0, 1e-6])


@pytest.mark.parametrize(
    ("now", "same"),
    [
        (STORED, True),
        (STORED * (1 + 1e-6), True),
        (STORED + torch.tensor([0.0, 0.01, 0.0]), False),
        (STORED + torch.tensor([0.0, 0.0, 1e-8]), False),
        (STORED.double(), False),
        (STORED.unsqueeze(1), False),
        (STORED * math.nan, False),
    ],
    ids=["the same", "rounding", "shifted", "a small column", "dtype", "shape", "nan"],
)
def test_inputs_are_compared_place_by_place(now: Tensor, same: bool) -> None:
    assert same_inputs(now, STORED) is same


def test_whole_numbers_are_the_same_or_not() -> None:
    ids = torch.tensor([[50_000, 1], [2, 3]])
    assert same_inputs(ids.clone(), ids)
    assert not same_inputs(ids + torch.tensor([1, 0]), ids)
    assert not same_inputs(torch.tensor([[True], [False]]), torch.tensor([[True], [True]]))
