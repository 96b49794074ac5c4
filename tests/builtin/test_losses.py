"""Losses against reference values, and closed-form gradients against autograd, in float64."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import kdorch
from kdorch.builtin.losses import Hinton, LogitMse, Supervised
from kdorch.errors import TrainingError
from kdorch.training.objective import Objective

TASK = kdorch.Classification(labels=tuple("abcdefghij"))
LOSSES = [Hinton(temperature=0.5), Hinton(temperature=1.0), Hinton(temperature=4.0), LogitMse(), Supervised()]
NAMES = ["hinton-0.5", "hinton-1", "hinton-4", "logit_mse", "task"]
each_loss = pytest.mark.parametrize("loss", LOSSES, ids=NAMES)


class Lesson:
    """Some rows, the teacher's logits on them, and the student's."""

    def __init__(self, student: Tensor, teacher: Tensor, targets: Tensor) -> None:
        self.student, self.teacher = kdorch.Output(student), kdorch.Output(teacher)
        self.batch = kdorch.Batch(student.detach(), targets, torch.arange(len(targets)))

    def args(self) -> tuple[kdorch.Output, kdorch.Output, kdorch.Batch]:
        return self.student, self.teacher, self.batch


def lesson(rows: int = 8, seed: int = 0) -> Lesson:
    random = np.random.RandomState(seed)
    student, teacher = random.randn(rows, 10) * 2, random.randn(rows, 10) * 3
    targets = random.randint(0, 10, size=rows)
    return Lesson(torch.tensor(student, requires_grad=True), torch.tensor(teacher), torch.tensor(targets))


def term(loss: kdorch.Loss) -> Any:
    return loss.build(TASK, kdorch.Output(torch.zeros(2, 10)), None)


# ---------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("loss", "expected"),
    [(Hinton(temperature=4.0), 5.38416879), (LogitMse(), 13.7457526)],
    ids=["hinton", "mse"],
)
def test_reference_values(loss: kdorch.Loss, expected: float) -> None:
    assert term(loss)(*lesson().args()).item() == pytest.approx(expected, rel=1e-6)


def test_hinton_is_the_divergence_written_out() -> None:
    found, given = term(Hinton(temperature=2.0))(*lesson().args()).item(), lesson()
    total = 0.0
    for ours, theirs in zip(given.student.logits.tolist(), given.teacher.logits.tolist(), strict=True):
        q = [math.exp(value / 2) / sum(math.exp(each / 2) for each in ours) for value in ours]
        p = [math.exp(value / 2) / sum(math.exp(each / 2) for each in theirs) for value in theirs]
        total += sum(a * math.log(a / b) for a, b in zip(p, q, strict=True))
    assert found == pytest.approx(4 * total / 8, rel=1e-12)


def test_the_task_loss_is_the_mean_of_minus_log_probabilities() -> None:
    given = lesson()
    chosen = given.student.logits.softmax(-1)[torch.arange(8), given.batch.targets]
    assert term(Supervised())(*given.args()).item() == pytest.approx(-chosen.log().mean().item(), rel=1e-12)


@pytest.mark.parametrize("loss", LOSSES[:-1], ids=NAMES[:-1])
def test_zero_at_agreement_and_above_it_elsewhere(loss: kdorch.Loss) -> None:
    given = lesson()
    agreed = Lesson(given.teacher.logits, given.teacher.logits, given.batch.targets)
    assert term(loss)(*agreed.args()).item() == pytest.approx(0.0, abs=1e-12)
    assert term(loss).gradient(*agreed.args()).abs().max().item() == pytest.approx(0.0, abs=1e-12)
    assert term(loss)(*given.args()).item() > 0.1


@each_loss
def test_a_mean_over_the_batch(loss: kdorch.Loss) -> None:
    whole = lesson(12)
    parts = [
        Lesson(whole.student.logits[rows], whole.teacher.logits[rows], whole.batch.targets[rows])
        for rows in (slice(0, 4), slice(4, 8), slice(8, 12))
    ]
    mean = sum(term(loss)(*part.args()).item() for part in parts) / 3
    assert term(loss)(*whole.args()).item() == pytest.approx(mean, rel=1e-12)


def test_temperature_leaves_the_size_of_gradients() -> None:
    given = lesson()
    sizes = [Hinton(temperature=t).gradient(*given.args()).norm().item() for t in (50.0, 100.0)]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.05)


# ---------------------------------------------------------------- gradients


@each_loss
@pytest.mark.parametrize("rows", [1, 2, 8, 33])
def test_closed_form_equals_autograd(loss: kdorch.Loss, rows: int) -> None:
    given = lesson(rows, seed=rows)
    [expected] = torch.autograd.grad(term(loss)(*given.args()), given.student.logits)
    torch.testing.assert_close(term(loss).gradient(*given.args()), expected, rtol=1e-10, atol=1e-13)


@each_loss
def test_a_gradient_leaves_its_inputs_as_they_were(loss: kdorch.Loss) -> None:
    given, before = lesson(), lesson()
    given.student.logits = given.student.logits.detach()
    term(loss).gradient(*given.args()).mul_(0)
    assert torch.equal(given.student.logits, before.student.logits)
    assert torch.equal(given.teacher.logits, before.teacher.logits)
    assert torch.equal(given.batch.targets, before.batch.targets)


@pytest.mark.parametrize("loss", LOSSES[:-1], ids=NAMES[:-1])
def test_nothing_flows_into_stored_outputs_of_a_teacher(loss: kdorch.Loss) -> None:
    given = lesson()
    network = nn.Linear(10, 10).double()
    objective = Objective({"kd": loss}, TASK, given.student, given.teacher)
    objective.backward(kdorch.Output(network(given.student.logits.detach())), given.teacher, given.batch)
    assert given.teacher.logits.grad is None
    assert not given.teacher.logits.requires_grad
    assert network.weight.grad is not None


# ---------------------------------------------------------------- several terms


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


def gradients(losses: dict[str, kdorch.Loss], *, closed: bool) -> tuple[list[Tensor], Objective]:
    given = lesson()
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(10, 6), nn.ReLU(), nn.Linear(6, 10)).double()
    objective = Objective(losses, TASK, given.student, given.teacher)
    assert objective.closed
    objective.closed = closed
    objective.backward(kdorch.Output(network(given.student.logits.detach())), given.teacher, given.batch)
    return [parameter.grad for parameter in network.parameters() if parameter.grad is not None], objective


def test_both_ways_of_an_objective_give_the_same_gradients() -> None:
    losses: dict[str, kdorch.Loss] = {
        "task": Supervised(weight=0.3),
        "kd": Hinton(weight=2.0, temperature=3.0),
        "l2": LogitMse(weight=0.05),
    }
    (short, _), (long, _) = gradients(losses, closed=True), gradients(losses, closed=False)
    assert len(short) == len(long) == 4
    for ours, theirs in zip(short, long, strict=True):
        assert theirs.abs().max() > 0
        torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-13)


def test_the_total_is_the_weighted_sum() -> None:
    given = lesson()
    losses: dict[str, kdorch.Loss] = {"kd": Hinton(weight=0.5), "l2": LogitMse(weight=2.0)}
    total = Objective(losses, TASK, given.student, given.teacher).total(*given.args())
    assert total.item() == pytest.approx(0.5 * 5.38416879 + 2 * 13.7457526, rel=1e-6)


def test_trainable_terms_are_trained_beside_closed_forms() -> None:
    given = lesson()
    losses: dict[str, kdorch.Loss] = {"kd": Hinton(), "mine": Trainable()}
    objective = Objective(losses, TASK, given.student, given.teacher)
    objective.backward(*given.args())
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
    objective.backward(*given.args())
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
