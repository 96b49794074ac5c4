"""Datasets as they ship, and the arithmetic that prepares them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import kdorch
from kdorch.builtin.datasets import BreastCancer, Diabetes, Digits


def test_digits_as_they_ship() -> None:
    columns = Digits().load()
    assert (columns.inputs.shape, columns.inputs.dtype) == ((1797, 8, 8), np.float64)
    assert (columns.inputs.min(), columns.inputs.max()) == (0, 16)
    assert (columns.targets.shape, columns.targets.dtype) == ((1797,), np.int64)
    assert columns.task.labels == tuple("0123456789")
    assert set(columns.targets.tolist()) == set(range(10))
    assert columns.task.name in Digits.tasks


def test_breast_cancer_as_it_ships() -> None:
    columns = BreastCancer().load()
    assert (columns.inputs.shape, columns.inputs.dtype) == ((569, 30), np.float64)
    assert columns.task.labels == ("malignant", "benign")
    assert np.bincount(columns.targets).tolist() == [212, 357]
    assert columns.task.name in BreastCancer.tasks


def test_diabetes_as_it_ships() -> None:
    columns = Diabetes().load()
    assert (columns.inputs.shape, columns.inputs.dtype) == ((442, 10), np.float64)
    assert (columns.targets.min(), columns.targets.max()) == (25, 346)
    assert columns.inputs[:, 0].min() == 19  # years, not what scikit-learn makes of all rows together
    assert columns.task == kdorch.Regression(labels=("progression",))
    assert columns.task.complaint(columns.targets) == ""
    assert columns.task.name in Diabetes.tasks


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.int64, torch.uint8])
def test_digits_become_one_channel_between_zero_and_one(dtype: torch.dtype) -> None:
    raw = torch.tensor([[[0, 8], [16, 1]]], dtype=dtype)
    found = Digits().preprocess(raw)(raw)
    assert found.dtype == torch.float32
    assert found.tolist() == [[[[0.0, 0.5], [1.0, 0.0625]]]]


def test_columns_are_standardised_by_the_rows_they_were_fitted_on() -> None:
    fitted = torch.tensor([[1.0, 5.0], [3.0, 5.0]], dtype=torch.float64)
    module = BreastCancer().preprocess(fitted)
    found = module(torch.tensor([[1.0, 5.0], [4.0, 7.0]], dtype=torch.float64))
    assert found.dtype == torch.float32
    assert found.tolist() == [[-1.0, 0.0], [2.0, 2.0]]  # a constant column is only shifted
    assert set(module.state_dict()) == {"mean", "deviation"}


def test_the_whole_table_becomes_zero_mean_and_unit_deviation() -> None:
    raw = torch.from_numpy(BreastCancer().load().inputs)
    found = BreastCancer().preprocess(raw)(raw).double()
    torch.testing.assert_close(found.mean(0), torch.zeros(30, dtype=torch.float64), atol=1e-6, rtol=0)
    torch.testing.assert_close(
        found.std(0, correction=0), torch.ones(30, dtype=torch.float64), atol=1e-6, rtol=0
    )
