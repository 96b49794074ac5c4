"""Several labels per row: each a decision of its own."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.special import rel_entr
from sklearn.metrics import accuracy_score, f1_score, log_loss, precision_score, recall_score
from torch import Tensor
from torchmetrics.functional.classification import (
    binary_calibration_error,
    multilabel_exact_match,
    multilabel_f1_score,
)

import kdorch

TASK = kdorch.Multilabel(labels=("a", "b", "c"))


def random(rows: int = 50) -> tuple[Tensor, Tensor]:
    state = np.random.RandomState(0)
    return torch.tensor(state.randn(rows, 3)), torch.tensor(state.randint(0, 2, (rows, 3))).double()


def test_outputs_follow_the_labels() -> None:
    assert TASK.outputs == 3
    assert kdorch.Multilabel(labels=("alone",)).outputs == 1


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (np.array([[0, 1, 1]]), ""),
        (np.array([[True, False, True]]), ""),
        (np.array([[0.0, 1.0, 1.0]]), ""),
        (np.array([[0, 1]]), "targets have shape (1, 2), not (rows, 3): one column per label."),
        (np.array([0, 1, 2]), "targets have shape (3,), not (rows, 3): one column per label."),
        (np.array([[0, 1, 2]]), "a label is there (1) or not (0); one target is 2."),
        (np.array([[0, 1, 0.5]]), "a label is there (1) or not (0); one target is 0.5."),
    ],
)
def test_targets_that_are_not_there_or_not_are_explained(targets: np.ndarray, expected: str) -> None:
    assert TASK.complaint(targets) == expected


@pytest.mark.parametrize("kind", [np.bool_, np.uint8, np.float64])
def test_labels_are_counted_and_encoded_as_floats(kind: type) -> None:
    targets = np.array([[1, 0, 0], [1, 1, 0]]).astype(kind)
    assert TASK.fitted(targets).counts == (2, 1, 0)
    assert TASK.encode(targets).dtype == np.float32
    assert TASK.encode(targets).tolist() == targets.tolist()
    assert TASK.decoder() is None


def test_scores_are_those_of_scikit_learn() -> None:
    logits, targets = random()
    chosen, likely = (logits > 0).long(), logits.sigmoid()
    assert TASK.score("accuracy", logits, targets) == pytest.approx(
        accuracy_score(targets.flatten(), chosen.flatten())
    )
    assert TASK.score("exact_match", logits, targets) == pytest.approx(accuracy_score(targets, chosen))
    assert TASK.score("f1", logits, targets) == pytest.approx(f1_score(targets, chosen, average="macro"))
    each = [log_loss(targets[:, label], likely[:, label]) for label in range(3)]
    assert TASK.score("loss", logits, targets) == pytest.approx(np.mean(each))
    assert set(TASK.directions) == {"accuracy", "exact_match", "f1", "loss"}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("rows", [1, 7])
def test_the_gradient_is_that_of_the_loss(rows: int, weighted: bool) -> None:
    logits, targets = random(rows)
    before = logits.clone()
    logits.requires_grad_()
    weights = torch.arange(1.0, rows + 1).double() if weighted else None
    [expected] = torch.autograd.grad(TASK.loss(logits, targets, weights), logits)
    found = TASK.loss_gradient(logits.detach(), targets, weights)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-14)
    assert torch.equal(logits, before)


def test_fidelity_compares_decisions_and_probabilities() -> None:
    ours, theirs = random()[0], random()[0].roll(1, 0)
    found = TASK.fidelity(ours, theirs)
    p, q = theirs.sigmoid().numpy(), ours.sigmoid().numpy()
    assert found == {
        "agreement": pytest.approx(((ours > 0) == (theirs > 0)).double().mean().item()),
        "kl": pytest.approx((rel_entr(p, q) + rel_entr(1 - p, 1 - q)).mean()),
    }
    assert found.keys() == TASK.likeness.keys()
    assert TASK.fidelity(ours, ours) == {"agreement": 1, "kl": pytest.approx(0, abs=1e-12)}


def test_a_certain_teacher_is_far_but_not_infinitely_far() -> None:
    assert math.isfinite(TASK.fidelity(torch.zeros(2, 3), torch.full((2, 3), 200.0))["kl"])


def test_calibration_of_a_hand_made_case() -> None:
    # Six decisions say 0.9, and five of them are right; those that say 0.1 likewise, from the other side.
    logits = torch.tensor([0.9, 0.1]).logit().repeat_interleave(6).reshape(4, 3)
    targets = torch.tensor([1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1]).float().reshape(4, 3)
    found = TASK.calibration(logits, targets)
    assert found == {"ece": pytest.approx(abs(5 / 6 - 0.9), rel=1e-5)}
    assert found.keys() == TASK.honesty.keys()


def test_each_label_has_its_own_recall_and_precision() -> None:
    answers, targets = random()
    told = TASK.by_class(answers, targets.float())
    said, right = (answers > 0).numpy(), targets.numpy()
    for place, label in enumerate("abc"):
        assert told[label] == {
            "rows": right[:, place].sum(),
            "recall": pytest.approx(recall_score(right[:, place], said[:, place])),
            "precision": pytest.approx(precision_score(right[:, place], said[:, place])),
        }


def test_scores_and_calibration_are_those_of_torchmetrics() -> None:
    logits, targets = random(200)
    logits[:, 1], targets[:, 1] = -1.0, 0.0  # a label that no row has or is given
    likely, right = logits.sigmoid(), targets.long()
    expected = multilabel_f1_score(likely, right, 3, average="macro").item()
    assert TASK.score("f1", logits, targets) == pytest.approx(expected, rel=1e-6)
    expected = multilabel_exact_match(likely, right, 3).item()
    assert TASK.score("exact_match", logits, targets) == pytest.approx(expected)
    expected = binary_calibration_error(likely.flatten(), right.flatten(), n_bins=15).item()
    assert TASK.calibration(logits, targets)["ece"] == pytest.approx(expected, rel=1e-5)
