"""Classification: scores, fidelity and calibration against hand-made cases."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from sklearn.metrics import f1_score, log_loss
from torch import Tensor
from torchmetrics.functional.classification import (
    binary_calibration_error,
    multiclass_calibration_error,
    multiclass_f1_score,
)

import kdorch
from kdorch.tasks.counting import calibration_error

TASK = kdorch.Classification(labels=("a", "b", "c"))


def random(rows: int = 50) -> tuple[Tensor, Tensor]:
    state = np.random.RandomState(0)
    return torch.tensor(state.randn(rows, 3)), torch.tensor(state.randint(0, 3, size=rows))


def logits(*probabilities: list[float]) -> Tensor:
    return torch.tensor(probabilities, dtype=torch.float64).log()


def test_outputs_follow_the_labels() -> None:
    assert TASK.outputs == 3
    with pytest.raises(ValidationError, match="at least 2"):
        kdorch.Classification(labels=("a",))


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (np.array([0, 1, 2]), ""),
        (np.array([0, 3]), "target 3 is not one of the 3 classes, 0 to 2."),
        (np.array([-1, 0]), "target -1 is not one of the 3 classes, 0 to 2."),
        (np.array([0.0, 1.0]), "targets must be one whole number per row, not float64 of shape (2,)."),
        (np.array([[0], [1]]), "targets must be one whole number per row, not int64 of shape (2, 1)."),
    ],
)
def test_labels_that_are_not_classes_are_explained(targets: np.ndarray, expected: str) -> None:
    assert TASK.complaint(targets) == expected


def test_scores_are_those_of_scikit_learn() -> None:
    answers, targets = random()
    chosen, likely = answers.argmax(-1), answers.softmax(-1)
    assert TASK.score("accuracy", answers, targets) == pytest.approx(
        (chosen == targets).double().mean().item()
    )
    assert TASK.score("f1", answers, targets) == pytest.approx(f1_score(targets, chosen, average="macro"))
    assert TASK.score("loss", answers, targets) == pytest.approx(log_loss(targets, likely))


def test_accuracy_counts_rows_and_f1_counts_classes() -> None:
    answers = logits([0.8, 0.1, 0.1], [0.8, 0.1, 0.1], [0.8, 0.1, 0.1], [0.8, 0.1, 0.1])
    targets = torch.tensor([0, 0, 0, 1])
    assert TASK.score("accuracy", answers, targets) == pytest.approx(3 / 4)
    assert TASK.score("f1", answers, targets) == pytest.approx((6 / 7 + 0) / 2)  # "c" appears nowhere


def test_all_scores_have_a_direction() -> None:
    assert TASK.directions == {"accuracy": "max", "f1": "max", "loss": "min"}
    answers, targets = random()
    assert all(math.isfinite(TASK.score(name, answers, targets)) for name in TASK.directions)


@pytest.mark.parametrize("rows", [1, 7])
def test_the_gradient_is_that_of_the_loss(rows: int) -> None:
    answers, targets = random(rows)
    answers.requires_grad_()
    [expected] = torch.autograd.grad(TASK.loss(answers, targets), answers)
    found = TASK.loss_gradient(answers.detach(), targets)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-14)


def test_agreement_is_the_share_of_same_answers() -> None:
    ours = logits([0.6, 0.2, 0.2], [0.1, 0.8, 0.1], [0.5, 0.3, 0.2], [0.1, 0.1, 0.8])
    theirs = logits([0.4, 0.3, 0.3], [0.1, 0.8, 0.1], [0.3, 0.5, 0.2], [0.1, 0.1, 0.8])
    assert TASK.fidelity(ours, theirs)["agreement"] == pytest.approx(0.75)


def test_divergence_is_from_the_teacher_to_the_student_in_nats() -> None:
    ours, theirs = logits([0.5, 0.25, 0.25]), logits([0.25, 0.25, 0.5])
    expected = 0.25 * math.log(0.25 / 0.5) + 0.5 * math.log(0.5 / 0.25)
    assert TASK.fidelity(ours, theirs)["kl"] == pytest.approx(expected)
    skewed = logits([0.7, 0.2, 0.1])
    there, back = TASK.fidelity(ours, skewed)["kl"], TASK.fidelity(skewed, ours)["kl"]
    assert there == pytest.approx(0.7 * math.log(0.7 / 0.5) + 0.2 * math.log(0.8) + 0.1 * math.log(0.4))
    assert there != pytest.approx(back)


def test_divergence_is_a_mean_over_rows() -> None:
    ours, theirs = logits([0.5, 0.25, 0.25]), logits([0.25, 0.25, 0.5])
    twice = TASK.fidelity(ours.repeat(4, 1), theirs.repeat(4, 1))["kl"]
    assert twice == pytest.approx(TASK.fidelity(ours, theirs)["kl"])


def test_calibration_of_a_hand_made_case() -> None:
    # Two rows say 0.9 and one of them is right; two say 0.84, another bin of 1/15, and both are.
    answers = logits([0.9, 0.05, 0.05], [0.9, 0.05, 0.05], [0.08, 0.84, 0.08], [0.08, 0.84, 0.08])
    expected = 2 / 4 * abs(0.5 - 0.9) + 2 / 4 * abs(1.0 - 0.84)
    found = TASK.calibration(answers, torch.tensor([0, 1, 1, 1]))
    assert found == {"ece": pytest.approx(expected, rel=1e-6)}


def test_calibration_of_who_is_as_often_right_as_it_says() -> None:
    answers = logits(*[[0.75, 0.15, 0.1]] * 4)
    assert TASK.calibration(answers, torch.tensor([0, 0, 0, 1]))["ece"] == pytest.approx(0.0, abs=1e-6)


def test_each_class_has_its_own_recall_and_precision() -> None:
    answers = logits([0.8, 0.1, 0.1], [0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.8, 0.1, 0.1])
    told = TASK.by_class(answers, torch.tensor([0, 0, 0, 1]))
    assert told["a"] == {"rows": 3, "recall": pytest.approx(2 / 3), "precision": pytest.approx(2 / 3)}
    assert told["b"] == {"rows": 1, "recall": 0, "precision": 0}
    assert told["c"]["rows"] == 0
    assert math.isnan(told["c"]["recall"])
    assert math.isnan(told["c"]["precision"])


@pytest.mark.parametrize("rows", [1, 10, 1000])
def test_f1_and_calibration_are_those_of_torchmetrics(rows: int) -> None:
    answers, targets = random(rows)
    expected = multiclass_f1_score(answers, targets, 3, average="macro").item()
    assert TASK.score("f1", answers, targets) == pytest.approx(expected, rel=1e-6)
    expected = multiclass_calibration_error(answers.softmax(-1), targets, 3, n_bins=15).item()
    assert TASK.calibration(answers, targets)["ece"] == pytest.approx(expected, rel=1e-5)


def test_a_class_that_no_row_has_counts_where_one_is_taken_for_it() -> None:
    answers = logits([0.8, 0.1, 0.1], [0.1, 0.1, 0.8])
    assert TASK.score("f1", answers, torch.tensor([0, 0])) == pytest.approx((2 / 3 + 0) / 2)


def test_confidences_on_an_edge_lie_in_the_bin_above_it() -> None:
    edges, right = torch.linspace(0, 1, 16), torch.arange(16) % 3 == 0
    expected = binary_calibration_error(edges, right.long(), n_bins=15).item()
    assert calibration_error(edges, right) == pytest.approx(expected, rel=1e-5)


def test_a_row_that_is_quite_sure_stays_in_the_last_bin() -> None:
    answers = torch.tensor([[1e4, 0.0, 0.0], [0.0, 1e4, 0.0]])
    assert TASK.calibration(answers, torch.tensor([0, 0]))["ece"] == pytest.approx(0.5)
