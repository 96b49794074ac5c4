"""Where the networks look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

import kdorch
from kdorch.builtin.losses.features import FeatureLoss

if TYPE_CHECKING:
    from torch import Tensor


class Attention(
    FeatureLoss,
    name="attention",
    reference="Zagoruyko, Komodakis 2017, Paying More Attention to Attention, arXiv:1612.03928",
):
    """mean((a(s) - a(t))^2), a(f) the mean of |f|^power over channels, at unit length over positions.

    The mean is over rows and positions. Sequences or maps; maps are averaged down to the smaller size, and
    the numbers of channels may differ. Usual weight: 1000.

    Not for features behind a global pooling, or maps of a few positions: there is no place left to look at.

    Attributes:
        power: Of the activations; the larger, the more the strongest one decides.
    """

    positions: ClassVar[bool] = True

    power: Annotated[float, Field(ge=1), kdorch.Range(1.0, 4.0)] = 2.0

    def compare(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return the mean squared difference of the maps of attention."""
        from torch.nn.functional import mse_loss

        return mse_loss(self._attention(student), self._attention(teacher))

    def _attention(self, feature: Tensor) -> Tensor:
        from torch.nn.functional import normalize

        return normalize(feature.abs().pow(self.power).mean(1).flatten(1))
