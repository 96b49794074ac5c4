"""How likely the teacher's features are, given the student's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

import kdorch
from kdorch.builtin.losses.features import Comparison, FeatureLoss

if TYPE_CHECKING:
    from torch import Tensor

SMALLEST = 1e-5  # variance, as published


class Vid(
    FeatureLoss,
    name="vid",
    reference="Ahn et al. 2019, Variational Information Distillation, arXiv:1904.05835",
):
    """mean(((m(s) - t)^2 / v + log v) / 2): a Gaussian around the student, its variance v trained.

    v is one number for each of the teacher's channels; m is a trained projection where the numbers of
    channels differ. Vectors, sequences or maps; maps are averaged down to the smaller size. Usual weight:
    1. At agreement it is log v / 2, which falls as v learns that the student is right, below 0 too.

    Not for features of which many are constant: their variance shrinks to its floor, and they outweigh all
    others.

    Attributes:
        variance: v at the start.
    """

    channels: ClassVar[bool] = True
    zero_at_agreement: ClassVar[bool] = False

    variance: Annotated[float, Field(gt=SMALLEST), kdorch.Range(0.5, 10.0, log=True)] = 5.0

    def comparison(self, channels: int) -> Comparison:
        """Return the likelihood with a variance for each of the teacher's channels."""
        from kdorch.builtin.losses.likelihood import Likelihood

        return Likelihood(channels, self.variance, SMALLEST)

    def compare(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return the term at the variance that it starts with."""
        return self.comparison(teacher.shape[1])(student, teacher)
