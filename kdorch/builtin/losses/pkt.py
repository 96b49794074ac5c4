"""How probable it is to take one row for the neighbour of another."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from kdorch.builtin.losses.features import FeatureLoss

if TYPE_CHECKING:
    from torch import Tensor

_SMALLEST = 1e-7  # added to probabilities, as published


class Pkt(
    FeatureLoss,
    name="pkt",
    reference="Passalis, Tefas 2018, Probabilistic Knowledge Transfer, arXiv:1803.10837",
):
    """mean(p log(p / q)), p of the teacher, q of the student: how likely rows are neighbours.

    A row's likenesses to all rows, itself among them, are made to sum to 1. The likeness is (1 + cosine) /
    2, the mean over rows x rows. Features of any shape, which may differ: of maps and sequences, the mean
    over positions stands for a row. Usual weight: 30000, as the mean over rows^2 makes it tiny. One row is
    its own only neighbour: 0.

    Not for comparing results of different batch sizes, which change its scale.
    """

    across_rows: ClassVar[bool] = True

    def compare(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return the mean over all pairs of rows."""
        expected, found = (_neighbours(feature) + _SMALLEST for feature in (teacher, student))
        return ((expected - _SMALLEST) * (expected / found).log()).mean()


def _neighbours(feature: Tensor) -> Tensor:
    from torch.nn.functional import normalize

    from kdorch.builtin.losses.matching import embedding

    rows = normalize(embedding(feature))
    likeness = ((rows @ rows.T + 1) / 2).clamp(min=0)  # a cosine of -1 may come out a little below it
    return likeness / likeness.sum(1, keepdim=True).clamp(min=_SMALLEST)
