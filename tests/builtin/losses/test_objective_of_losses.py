"""Losses together, as the objective of one trial."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from lessons import CASES, TASK, lesson
from torch import Tensor, nn

import kdorch
from kdorch.builtin.losses import Hinton, LogitMse, Supervised
from kdorch.errors import TrainingError
from kdorch.training.objective import Objective


@pytest.mark.parametrize("name", CASES)
def test_nothing_flows_into_stored_outputs_of_a_teacher(name: str) -> None:
    given = lesson()
    network = nn.Linear(10, 10).double()
    objective = Objective({"kd": CASES[name]}, TASK, given.student, given.teacher)
    objective.backward(kdorch.Output(network(given.student.logits.detach())), given.teacher, given.batch)
    assert given.teacher.logits.grad is None
    assert not given.teacher.logits.requires_grad
    assert network.weight.grad is not None


class Scaled(nn.Module):
    """A term with a parameter of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones((), dtype=torch.float64))

    def forward(self, student: kdorch.Output, teacher: kdorch.Output, batch: kdorch.Batch) -> Tensor:
        return nn.functional.mse_loss(self.scale * student.logits, teacher.logits)


class Trainable(kdorch.Loss, name="trainable"):
    def build(self, task: kdorch.Task, student: kdorch.Output, teacher: kdorch.Output | None) -> Scaled:
        return Scaled()


class Unseen(kdorch.Loss, name="unseen"):
    def build(self, task: kdorch.Task, student: kdorch.Output, teacher: kdorch.Output | None) -> Any:
        raise AssertionError("a term of weight 0 is not built")


def gradients(
    losses: dict[str, kdorch.Loss], *, closed: bool, labelled: Tensor | None = None
) -> tuple[list[Tensor], Objective]:
    given = lesson() if labelled is None else lesson(labelled=labelled)
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(10, 6), nn.ReLU(), nn.Linear(6, 10)).double()
    objective = Objective(losses, TASK, given.student, given.teacher)
    assert objective.closed
    objective.closed = closed
    objective.backward(kdorch.Output(network(given.student.logits.detach())), given.teacher, given.batch)
    return [parameter.grad for parameter in network.parameters() if parameter.grad is not None], objective


@pytest.mark.parametrize("labelled", [None, torch.arange(8) > 2, torch.zeros(8, dtype=torch.bool)], ids=str)
def test_both_ways_of_an_objective_give_the_same_gradients(labelled: Tensor | None) -> None:
    """All losses at once, on the same logits."""
    weights = {name: 0.1 + 0.05 * place for place, name in enumerate([*CASES, "task"])}
    losses = {
        name: CASES.get(name, Supervised()).model_copy(update={"weight": weight})
        for name, weight in weights.items()
    }
    (short, _), (long, _) = (gradients(losses, closed=way, labelled=labelled) for way in (True, False))
    assert len(short) == len(long) == 4
    for ours, theirs in zip(short, long, strict=True):
        assert theirs.abs().max() > 0
        torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-13)


def test_the_total_is_the_weighted_sum() -> None:
    given = lesson()
    losses: dict[str, kdorch.Loss] = {"kd": Hinton(weight=0.5), "l2": LogitMse(weight=2.0)}
    total = Objective(losses, TASK, given.student, given.teacher).total(*given.args)
    assert total.item() == pytest.approx(0.5 * 5.38416879 + 2 * 13.7457526, rel=1e-6)


def test_trainable_terms_are_trained_beside_closed_forms() -> None:
    given = lesson()
    losses: dict[str, kdorch.Loss] = {"kd": Hinton(), "mine": Trainable()}
    objective = Objective(losses, TASK, given.student, given.teacher)
    objective.backward(*given.args)
    [part] = objective.parts()
    [scale] = part.parameters()
    difference = given.student.logits.detach() - given.teacher.logits
    assert scale.grad is not None
    assert scale.grad.item() == pytest.approx(
        (2 * difference * given.student.logits).mean().item(), rel=1e-10
    )
    assert given.student.logits.grad is not None


def test_a_trainable_term_with_a_closed_form_is_trained_too() -> None:
    class Both(Scaled):
        def gradient(self, student: kdorch.Output, teacher: kdorch.Output, batch: kdorch.Batch) -> Tensor:
            return student.logits * 0

    class Loss(kdorch.Loss, name="both"):
        def build(self, task: kdorch.Task, student: kdorch.Output, teacher: kdorch.Output | None) -> Scaled:
            return Both()

    given = lesson()
    objective = Objective({"mine": Loss()}, TASK, given.student, given.teacher)
    objective.backward(*given.args)
    [scale] = objective.parts()[0].parameters()
    assert scale.grad is not None


def test_an_objective_of_nothing_is_refused() -> None:
    given = lesson()
    losses: dict[str, kdorch.Loss] = {"kd": Hinton(weight=0), "task": Supervised(weight=0)}
    with pytest.raises(TrainingError, match=r"every loss \(kd, task\) has weight 0"):
        Objective(losses, TASK, given.student, given.teacher)


def test_terms_of_weight_zero_are_left_out() -> None:
    losses: dict[str, kdorch.Loss] = {"kd": Hinton(), "off": Unseen(weight=0), "mse": LogitMse(weight=0)}
    with_them, objective = gradients(losses, closed=True)
    alone, _ = gradients({"kd": Hinton()}, closed=True)
    assert list(objective.terms) == ["kd"]
    assert all(torch.equal(a, b) for a, b in zip(with_them, alone, strict=True))
