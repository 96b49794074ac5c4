"""The student's features against the teacher's, element by element."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from kdorch.builtin.losses.features import FeatureLoss

if TYPE_CHECKING:
    from torch import Tensor


class Hint(
    FeatureLoss,
    name="hint",
    reference="Romero et al. 2015, FitNets: Hints for Thin Deep Nets, arXiv:1412.6550",
):
    """mean((r(s) - t)^2) over all elements, s and t the features, r a trained projection.

    r is there only where the numbers of channels differ. Vectors, sequences or maps; maps are averaged down
    to the smaller size. Usual weight: 100, and less towards the end.

    Not for a student much smaller than the teacher, which wastes itself on copying what it has no room for:
    see attention, similarity or rkd, which compare less.
    """

    channels: ClassVar[bool] = True

    def compare(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return the mean squared difference."""
        from torch.nn.functional import mse_loss

        return mse_loss(student, teacher)
