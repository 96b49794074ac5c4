"""Scores by their torchmetrics names: every one that is offered can be computed, and is what it says."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from sklearn import metrics as reference
from torch import Tensor

import kdorch
from kdorch.tasks.metrics import named

STATE = np.random.RandomState(0)
HEIGHTS = np.abs(STATE.randn(40, 2)) + 1
TASKS: list[tuple[kdorch.Task, Tensor]] = [
    (kdorch.Classification(labels=("a", "b", "c")), torch.tensor(STATE.randint(0, 3, 40))),
    (kdorch.Classification(labels=("no", "yes")), torch.tensor(STATE.randint(0, 2, 40))),
    (kdorch.Multilabel(labels=("a", "b", "c")), torch.tensor(STATE.randint(0, 2, (40, 3))).float()),
    (kdorch.Regression(labels=("x", "y")).fitted(HEIGHTS), torch.zeros(40, 2)),
    (kdorch.Regression(labels=("x",)).fitted(HEIGHTS[:, :1]), torch.zeros(40, 1)),
]


def targets_of(task: kdorch.Task, targets: Tensor) -> Tensor:
    return torch.tensor(task.encode(HEIGHTS[:, : task.outputs])) if task.name == "regression" else targets


CASES = [
    pytest.param(task, targets_of(task, targets), name, id=f"{task.name}-{task.outputs}-{name}")
    for task, targets in TASKS
    for name in named(type(task))
]


@pytest.mark.parametrize(("task", "targets", "name"), CASES)
def test_whatever_is_offered_can_be_computed(task: kdorch.Task, targets: Tensor, name: str) -> None:
    logits = torch.tensor(np.random.RandomState(1).randn(40, task.outputs), dtype=torch.float32) * 0.2
    assert math.isfinite(task.score(name, logits, targets))


def test_directions_are_those_of_the_library() -> None:
    known = named(kdorch.Classification)
    assert {known[name] for name in ("auroc", "cohen_kappa", "matthews_corr_coef", "precision")} == {"max"}
    assert known["hamming_distance"] == "min"
    assert named(kdorch.Multilabel)["ranking_loss"] == "min"
    assert named(kdorch.Regression)["mean_absolute_percentage_error"] == "min"
    assert named(kdorch.Regression)["explained_variance"] == "max"


def test_no_score_asks_for_what_nobody_can_say() -> None:
    """A threshold to keep, a distribution, two images: there would be nobody to give them."""
    everything = {name for task in {type(task) for task, _ in TASKS} for name in named(task)}
    assert not everything & {"confusion_matrix", "recall_at_fixed_precision", "roc", "kldivergence"}
    assert named(kdorch.Task) == {}


REFERENCES: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "auroc": lambda true, likely: reference.roc_auc_score(true, likely, multi_class="ovr"),
    "cohen_kappa": lambda true, likely: reference.cohen_kappa_score(true, likely.argmax(-1)),
    "matthews_corr_coef": lambda true, likely: reference.matthews_corrcoef(true, likely.argmax(-1)),
    "recall": lambda true, likely: reference.balanced_accuracy_score(true, likely.argmax(-1)),
}


@pytest.mark.parametrize("name", REFERENCES)
def test_classes_are_scored_as_by_scikit_learn(name: str) -> None:
    task, targets = TASKS[0]
    logits = torch.tensor(np.random.RandomState(2).randn(40, 3))
    expected = REFERENCES[name](targets.numpy(), logits.softmax(-1).numpy())
    assert task.score(name, logits, targets) == pytest.approx(expected, rel=1e-5)


def test_labels_are_scored_as_by_scikit_learn() -> None:
    task, targets = TASKS[2]
    logits = torch.tensor(np.random.RandomState(2).randn(40, 3))
    expected = reference.average_precision_score(targets, logits.sigmoid())
    assert task.score("average_precision", logits, targets) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("task", [TASKS[3][0], TASKS[4][0]], ids=["two numbers", "one"])
def test_numbers_are_scored_in_own_units_as_by_scikit_learn(task: kdorch.Task) -> None:
    true = HEIGHTS[:, : task.outputs]
    targets = torch.tensor(task.encode(true))
    logits = targets + torch.tensor(np.random.RandomState(2).randn(*true.shape) * 0.1).float()
    decode = task.decoder()
    assert decode is not None
    expected = reference.mean_absolute_percentage_error(true, decode(logits))
    assert task.score("mean_absolute_percentage_error", logits, targets) == pytest.approx(expected, rel=1e-4)
