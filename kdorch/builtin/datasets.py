"""Small real datasets that scikit-learn ships."""

from __future__ import annotations

from typing import TYPE_CHECKING

import kdorch

if TYPE_CHECKING:
    from torch import Tensor, nn


class Digits(
    kdorch.Dataset, name="digits", tasks={"classification"}, reference="sklearn.datasets.load_digits"
):
    """1,797 handwritten digits, 8 x 8 grey values from 0 to 16 (UCI, via scikit-learn)."""

    def load(self) -> kdorch.Columns:
        """Return images of shape (1797, 8, 8), float64."""
        from sklearn.datasets import load_digits

        source = load_digits()
        task = kdorch.Classification(labels=[str(digit) for digit in range(10)])
        return kdorch.Columns(source.images, source.target, task)

    def preprocess(self, inputs: Tensor) -> nn.Module:
        """Return the scaling to 0..1, as one channel."""
        return kdorch.Scale(divisor=16.0)


class BreastCancer(
    kdorch.Dataset,
    name="breast_cancer",
    tasks={"classification"},
    reference="sklearn.datasets.load_breast_cancer",
):
    """569 tumours, 30 measurements each, malignant or benign (Wisconsin, via scikit-learn)."""

    def load(self) -> kdorch.Columns:
        """Return a table of shape (569, 30), float64."""
        from sklearn.datasets import load_breast_cancer

        source = load_breast_cancer()
        task = kdorch.Classification(labels=[str(name) for name in source.target_names])
        return kdorch.Columns(source.data, source.target, task)

    def preprocess(self, inputs: Tensor) -> nn.Module:
        """Return the standardisation of each column."""
        return kdorch.Standardize(inputs)


class Diabetes(
    kdorch.Dataset, name="diabetes", tasks={"regression"}, reference="sklearn.datasets.load_diabetes"
):
    """442 patients, 10 measurements each, and how far the disease has gone a year later (via scikit-learn).

    Not for proving that one method is better than another: the rows are few, and a straight line does nearly
    as well as anything.
    """

    def load(self) -> kdorch.Columns:
        """Return a table of shape (442, 10), float64: age, sex, weight and so on as they were measured."""
        from sklearn.datasets import load_diabetes

        source = load_diabetes(scaled=False)
        return kdorch.Columns(source.data, source.target, kdorch.Regression(labels=["progression"]))

    def preprocess(self, inputs: Tensor) -> nn.Module:
        """Return the standardisation of each column."""
        return kdorch.Standardize(inputs)
