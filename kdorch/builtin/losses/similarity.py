"""Which rows of a batch are alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from kdorch.builtin.losses.features import FeatureLoss

if TYPE_CHECKING:
    from torch import Tensor


class Similarity(
    FeatureLoss,
    name="similarity",
    reference="Tung, Mori 2019, Similarity-Preserving Knowledge Distillation, arXiv:1907.09682",
):
    """||G(s) - G(t)||^2 / rows^2, G(f) = f f' of the flattened features, each of its rows at unit length.

    Features of any shape, which may differ. Usual weight: 3000. One row alone is like itself: 0.

    Not for batches of a few rows, in which there is little to compare, nor for many classes in a small
    batch, where all rows are unlike each other.
    """

    across_rows: ClassVar[bool] = True

    def compare(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return the mean squared difference of the likenesses."""
        from torch.nn.functional import mse_loss

        return mse_loss(_likeness(student), _likeness(teacher))


def _likeness(feature: Tensor) -> Tensor:
    from torch.nn.functional import normalize

    rows = feature.flatten(1)
    return normalize(rows @ rows.T)
