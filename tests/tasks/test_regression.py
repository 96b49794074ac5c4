"""Regression: learnt at unit scale, scored and shipped in the units of the dataset."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from torch import Tensor

import kdorch

STATE = np.random.RandomState(0)
HEIGHTS = STATE.randn(60, 2) * [50, 0.1] + [1000, -3]
TASK = kdorch.Regression(labels=("height", "depth")).fitted(HEIGHTS)
ONE = kdorch.Regression(labels=("height",))


def answers(rows: int = 60) -> tuple[Tensor, Tensor]:
    """Return logits and encoded targets, in double precision."""
    targets = torch.tensor(TASK.encode(HEIGHTS[:rows])).double()
    return targets + 0.3 * torch.tensor(np.random.RandomState(1).randn(rows, 2)), targets


def test_training_numbers_have_zero_mean_and_unit_deviation() -> None:
    encoded = TASK.encode(HEIGHTS)
    assert encoded.dtype == np.float32
    np.testing.assert_allclose(encoded.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(encoded.std(0), 1, rtol=1e-5)
    assert TASK.mean == pytest.approx(HEIGHTS.mean(0))
    assert TASK.deviation == pytest.approx(HEIGHTS.std(0))


def test_decoding_is_the_inverse_of_encoding() -> None:
    other = STATE.randn(5, 2) * [500, 3]
    np.testing.assert_allclose(TASK.decoder()(torch.tensor(TASK.encode(other))), other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("shape", [(60,), (60, 1)])
@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64])
def test_one_number_may_have_a_column_or_not(shape: tuple[int, ...], kind: type) -> None:
    targets = HEIGHTS[:, 0].astype(kind).reshape(shape)
    assert ONE.complaint(targets) == ""
    task = ONE.fitted(targets)
    encoded = task.encode(targets)
    assert (encoded.shape, encoded.dtype, task.outputs) == ((60, 1), np.float32, 1)
    np.testing.assert_allclose(task.decoder()(torch.tensor(encoded)).reshape(shape), targets, rtol=1e-5)


@pytest.mark.parametrize("value", [7.0, 0.1, 0.0])  # of 0.1, the deviation is rounded to more than zero
def test_a_number_that_never_changes_stays_at_zero(value: float) -> None:
    task = ONE.fitted(np.full(9, value))
    assert task.encode(np.array([value, value + 1])).flatten() == pytest.approx([0, 1], abs=1e-6)


def test_large_numbers_are_scored_by_what_tells_them_apart() -> None:
    """In single precision, ten milliards and one more are the same number."""
    numbers = 1e10 + np.arange(60.0)
    task = ONE.fitted(numbers)
    targets = torch.tensor(task.encode(numbers))
    shifted = torch.tensor(task.encode(numbers + 1))
    assert task.score("mae", shifted, targets) == pytest.approx(1, rel=1e-4)
    assert task.score("rmse", shifted, targets) == pytest.approx(1, rel=1e-4)
    assert task.fidelity(shifted, targets) == {"teacher_mae": pytest.approx(1, rel=1e-4)}
    assert task.score("r2", shifted, targets) == pytest.approx(1 - 1 / numbers.var(), rel=1e-4)


@pytest.mark.parametrize(
    ("task", "shape", "expected"),
    [
        (TASK, (4,), "targets have shape (4,), not (rows, 2): one column per number."),
        (TASK, (4, 3), "targets have shape (4, 3), not (rows, 2): one column per number."),
        (ONE, (4, 2), "targets have shape (4, 2), not (rows, 1): one column per number."),
    ],
)
def test_targets_of_another_shape_are_explained(
    task: kdorch.Regression, shape: tuple[int, ...], expected: str
) -> None:
    assert task.complaint(np.zeros(shape)) == expected


def test_scores_are_those_of_scikit_learn_in_own_units() -> None:
    logits, targets = answers()
    predicted, true = (TASK.decoder()(each).numpy() for each in (logits, targets))
    references = {"r2": r2_score, "mae": mean_absolute_error, "rmse": root_mean_squared_error}
    for name, reference in references.items():
        assert TASK.score(name, logits, targets) == pytest.approx(reference(true, predicted), rel=1e-4)
    assert TASK.score("loss", logits, targets) == pytest.approx(((logits - targets) ** 2).mean().item())
    assert set(TASK.directions) == {*references, "loss"}


def test_saying_the_mean_explains_nothing() -> None:
    task = ONE.fitted(HEIGHTS[:, 0])
    targets = torch.tensor(task.encode(HEIGHTS[:, 0]))
    assert task.score("r2", torch.zeros(60, 1), targets) == pytest.approx(0, abs=1e-5)
    assert task.score("rmse", torch.zeros(60, 1), targets) == pytest.approx(HEIGHTS[:, 0].std(), rel=1e-5)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("rows", [1, 7])
def test_the_gradient_is_that_of_the_loss(rows: int, weighted: bool) -> None:
    logits, targets = answers(rows)
    logits.requires_grad_()
    weights = torch.arange(1.0, rows + 1).double() if weighted else None
    [expected] = torch.autograd.grad(TASK.loss(logits, targets, weights), logits)
    found = TASK.loss_gradient(logits.detach(), targets, weights)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-14)


def test_a_row_of_weight_two_counts_as_two_rows() -> None:
    logits, targets = answers(3)
    weights = torch.tensor([1.0, 2.0, 1.0]).double()
    twice = [0, 1, 1, 2]
    torch.testing.assert_close(TASK.loss(logits, targets, weights), TASK.loss(logits[twice], targets[twice]))


def test_fidelity_is_the_difference_to_the_teacher_in_own_units() -> None:
    task = ONE.fitted(np.array([0.0, 20.0]))  # a deviation of ten
    found = task.fidelity(torch.tensor([[0.1], [0.5]]), torch.tensor([[0.2], [0.2]]))
    assert found == {"teacher_mae": pytest.approx((1 + 3) / 2)}
    assert found.keys() == task.likeness.keys()
    assert task.calibration(torch.zeros(2, 1), torch.zeros(2, 1)) == {} == dict(task.honesty)


def test_what_is_learnt_of_the_rows_survives_a_journey() -> None:
    tree = TASK.model_dump(mode="json")
    again = kdorch.Regression.model_validate(tree)
    assert again == TASK
    assert math.isfinite(again.score("r2", *answers()))
