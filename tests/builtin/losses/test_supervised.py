"""The loss on the labels: rows without one, and classes with few rows."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from sklearn.utils.class_weight import compute_class_weight
from torch import Tensor
from torch.nn.functional import cross_entropy

import kdorch
from kdorch.builtin.losses import Hinton, Supervised
from kdorch.training.objective import Objective

TARGETS = np.repeat([0, 1, 2], [7, 2, 1])
CLASSES = kdorch.Classification(labels=("a", "b", "c")).fitted(TARGETS)
FLAGS = kdorch.Multilabel(labels=("a", "b", "c"))
NUMBERS = kdorch.Regression(labels=("a", "b", "c"), mean=(0, 0, 0), deviation=(1, 1, 1))
TASKS = {
    "classification": (CLASSES, torch.tensor(TARGETS)),
    "multilabel": (FLAGS, (torch.randn(10, 3, generator=torch.Generator().manual_seed(1)) > 0).double()),
    "regression": (NUMBERS, torch.randn(10, 3, generator=torch.Generator().manual_seed(2)).double()),
}
each_task = pytest.mark.parametrize("kind", TASKS)


def logits() -> Tensor:
    return torch.tensor(np.random.RandomState(0).randn(10, 3), requires_grad=True)


def lesson(
    answers: Tensor, targets: Tensor, labelled: Tensor | None = None
) -> tuple[kdorch.Output, kdorch.Output, kdorch.Batch]:
    output = kdorch.Output(answers)
    return output, output, kdorch.Batch(answers.detach(), targets, torch.arange(len(targets)), labelled)


def term(task: kdorch.Task, **fields: object) -> Objective:
    shown = kdorch.Output(torch.zeros(2, 3))
    return Objective({"task": Supervised.model_validate(fields)}, task, shown, None)


def both_ways(objective: Objective, answers: Tensor, *args: Tensor | None) -> tuple[Tensor, Tensor]:
    """Return the gradient in closed form and by autograd."""
    found = []
    for closed in (True, False):
        assert objective.closed
        objective.closed = closed
        answers.grad = None
        objective.backward(*lesson(answers, *args))
        objective.closed = True
        assert answers.grad is not None
        found.append(answers.grad)
    return found[0], found[1]


# ---------------------------------------------------------------- rows without a label


@each_task
def test_only_labelled_rows_count(kind: str) -> None:
    task, targets = TASKS[kind]
    answers, known = logits(), torch.arange(10) % 3 > 0
    objective = term(task)
    found = objective.total(*lesson(answers, targets, known))
    expected = objective.total(*lesson(answers[known], targets[known]))
    torch.testing.assert_close(found, expected)
    closed, autograd = both_ways(objective, answers, targets, known)
    torch.testing.assert_close(closed, autograd, rtol=1e-10, atol=1e-14)
    assert (closed[~known] == 0).all()
    assert (closed[known] != 0).all()


@each_task
def test_a_batch_without_any_label_teaches_nothing(kind: str) -> None:
    task, targets = TASKS[kind]
    answers, nobody = logits(), torch.zeros(10, dtype=torch.bool)
    objective = term(task)
    assert objective.total(*lesson(answers, targets, nobody)).item() == 0
    for gradient in both_ways(objective, answers, targets, nobody):
        assert (gradient == 0).all()


def test_the_teacher_teaches_rows_without_a_label_too() -> None:
    task, targets = TASKS["classification"]
    shown = kdorch.Output(torch.zeros(2, 3))
    objective = Objective({"task": Supervised(), "kd": Hinton()}, task, shown, shown)
    answers, known = logits(), torch.arange(10) > 4
    student, _, batch = lesson(answers, targets, known)
    objective.backward(student, kdorch.Output(torch.zeros(10, 3)), batch)
    assert answers.grad is not None
    assert (answers.grad != 0).all()


# ---------------------------------------------------------------- classes with few rows


def test_balanced_weights_are_those_of_scikit_learn() -> None:
    found = term(CLASSES, class_weights="balanced").terms["task"]
    expected = compute_class_weight("balanced", classes=np.arange(3), y=TARGETS)
    np.testing.assert_allclose(found.weights, expected, rtol=1e-6)  # type: ignore[attr-defined]


def test_a_class_without_rows_has_a_finite_weight() -> None:
    task = kdorch.Classification(labels=("a", "b", "c")).fitted(np.array([0, 0, 1]))
    assert torch.isfinite(term(task, class_weights="balanced").terms["task"].weights).all()  # type: ignore[attr-defined]


@pytest.mark.parametrize("weights", ["balanced", (0.2, 1, 5)], ids=str)
@pytest.mark.parametrize("missing", [0, 4])
def test_weighted_classes_are_those_of_torch(weights: object, missing: int) -> None:
    objective, answers, targets = term(CLASSES, class_weights=weights), logits(), torch.tensor(TARGETS)
    known = torch.arange(10) >= missing if missing else None
    rows = slice(missing, None)
    wanted = objective.terms["task"].weights.double()  # type: ignore[attr-defined]
    expected = cross_entropy(answers[rows], targets[rows], weight=wanted)
    torch.testing.assert_close(objective.total(*lesson(answers, targets, known)), expected)
    closed, autograd = both_ways(objective, answers, targets, known)
    [reference] = torch.autograd.grad(expected, answers)
    for found in (closed, autograd):
        torch.testing.assert_close(found, reference, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("weights", [(1, 0), (1, -1), "equal", ()], ids=str)
def test_weights_that_mean_nothing_are_refused(weights: object) -> None:
    """A weight of 0 would leave nothing to divide by in a batch of that class alone."""
    with pytest.raises(ValidationError):
        Supervised.model_validate({"class_weights": weights})


@pytest.mark.parametrize(
    ("task", "weights", "message"),
    [
        (CLASSES, (1, 2), "class_weights: 2 weights for 3 classes. Write one for each, or balanced."),
        (NUMBERS, (1, 2, 3), "class_weights: only classification has classes to weight, not regression."),
        (FLAGS, "balanced", "class_weights: only classification has classes to weight, not multilabel."),
    ],
)
def test_weights_that_do_not_fit_are_explained(task: kdorch.Task, weights: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        term(task, class_weights=weights)
