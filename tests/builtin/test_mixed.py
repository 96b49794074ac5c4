"""The loss on the labels of rows that were mixed: both labels count, each by its share."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

import kdorch
from kdorch.builtin.losses import Supervised
from kdorch.training.objective import Objective

ROWS = 6
GENERATOR = torch.Generator().manual_seed(0)
CLASSES = kdorch.Classification(labels=("a", "b", "c"), counts=(5, 3, 1))
FLAGS = kdorch.Multilabel(labels=("a", "b", "c"))
NUMBERS = kdorch.Regression(labels=("a", "b", "c"), mean=(0, 0, 0), deviation=(1, 1, 1))


def targets(kind: str) -> Tensor:
    if kind == "classification":
        return torch.randint(3, (ROWS,), generator=GENERATOR)
    drawn = torch.randn(ROWS, 3, generator=GENERATOR, dtype=torch.float64)
    return (drawn > 0).double() if kind == "multilabel" else drawn


TASKS = {task.name: task for task in (CLASSES, FLAGS, NUMBERS)}
SHARES = torch.tensor([0.5, 0.6, 0.7, 0.8, 0.9, 1.0], dtype=torch.float64)
KNOWN = torch.tensor([True, False, True, True, False, True])
each_task = pytest.mark.parametrize("kind", TASKS)


def lesson(kind: str, labelled: Tensor | None = None, shares: Tensor = SHARES) -> kdorch.Batch:
    mixed = kdorch.Mixed(targets(kind), shares)
    return kdorch.Batch(torch.zeros(ROWS, 2), targets(kind), torch.arange(ROWS), labelled, mixed=mixed)


def term(task: kdorch.Task, **fields: object) -> Objective:
    shown = kdorch.Output(torch.zeros(2, 3))
    return Objective({"task": Supervised.model_validate(fields)}, task, shown, None)


def answers() -> Tensor:
    drawn = torch.randn(ROWS, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return drawn.requires_grad_()


def by_hand(task: kdorch.Task, logits: Tensor, batch: kdorch.Batch, rows: Tensor) -> Tensor:
    """Return the mean over rows of what each would cost alone with either label."""
    assert batch.mixed is not None
    each = [
        batch.mixed.shares[row] * task.loss(logits[row : row + 1], batch.targets[row : row + 1])
        + (1 - batch.mixed.shares[row]) * task.loss(logits[row : row + 1], batch.mixed.targets[row : row + 1])
        for row in rows.tolist()
    ]
    return torch.stack(each).mean()


@each_task
@pytest.mark.parametrize("labelled", [None, KNOWN], ids=["all", "some"])
def test_a_mixed_row_costs_what_both_labels_do_by_their_shares(kind: str, labelled: Tensor | None) -> None:
    task, batch, logits = TASKS[kind], lesson(kind, labelled), answers()
    rows = torch.arange(ROWS) if labelled is None else labelled.nonzero().flatten()
    output, objective = kdorch.Output(logits), term(task)
    expected = by_hand(task, logits, batch, rows)
    torch.testing.assert_close(objective.total(output, None, batch), expected)
    [reference] = torch.autograd.grad(expected, logits)
    for closed in (True, False):
        objective.closed, logits.grad = closed, None
        objective.backward(output, None, batch)
        torch.testing.assert_close(logits.grad, reference, rtol=1e-10, atol=1e-14)


@each_task
def test_a_row_that_is_all_its_own_is_not_mixed(kind: str) -> None:
    batch, logits = lesson(kind, shares=torch.ones(ROWS)), answers()
    mixed = term(TASKS[kind]).total(kdorch.Output(logits), None, batch)
    batch.mixed = None
    torch.testing.assert_close(mixed, term(TASKS[kind]).total(kdorch.Output(logits), None, batch))


def test_classes_are_weighted_by_share_and_class() -> None:
    batch, logits, weights = lesson("classification"), answers(), torch.tensor([1.0, 2.0, 5.0]).double()
    assert batch.mixed is not None
    own, other = SHARES * weights[batch.targets], (1 - SHARES) * weights[batch.mixed.targets]
    logs = logits.log_softmax(-1)
    rows = torch.arange(ROWS)
    total = -(own * logs[rows, batch.targets] + other * logs[rows, batch.mixed.targets]).sum()
    found = term(CLASSES, class_weights=(1, 2, 5)).total(kdorch.Output(logits), None, batch)
    torch.testing.assert_close(found, total / (own.sum() + other.sum()))
