"""How channels rise and fall, whatever their mean and scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from kdorch.builtin.losses.features import FeatureLoss

if TYPE_CHECKING:
    from torch import Tensor

_SMALLEST = 1e-6  # added to deviations, as published


class Pkd(
    FeatureLoss,
    name="pkd",
    reference="Cao et al. 2022, PKD: General Distillation Framework for Object Detectors, arXiv:2207.02039",
):
    """mean((z(s) - z(t))^2) / 2, z standardising each channel over rows and positions.

    For n values of a channel that is (n - 1) / n of 1 less Pearson's correlation, as z divides by the
    unbiased deviation. Vectors, sequences or maps; maps are averaged down to the smaller size, and a trained
    projection gives the student the teacher's channels. Usual weight: 1 to 10. One row of vectors varies in
    nothing: 0.

    Not for small batches of vectors, whose means and deviations are chance, nor for features whose size the
    next layer of the student depends on: it is free to choose another.
    """

    channels: ClassVar[bool] = True
    across_rows: ClassVar[bool] = True  # a mean and a deviation are those of the batch

    def compare(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return half the mean squared difference."""
        from torch.nn.functional import mse_loss

        return mse_loss(_standardised(student), _standardised(teacher)) / 2


def _standardised(feature: Tensor) -> Tensor:
    values = feature.transpose(0, 1).flatten(1)
    correction = min(1, values.shape[1] - 1)  # of a single value, the deviation is 0
    centred = values - values.mean(1, keepdim=True)
    return centred / (values.std(1, correction=correction, keepdim=True) + _SMALLEST)
