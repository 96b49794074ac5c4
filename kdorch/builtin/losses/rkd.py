"""How rows lie to each other: distances between two, angles between three."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

import kdorch
from kdorch.builtin.losses.features import FeatureLoss

if TYPE_CHECKING:
    from torch import Tensor

Weight = Annotated[float, Field(ge=0), kdorch.Range(1.0, 100.0, log=True)]


class Rkd(
    FeatureLoss,
    name="rkd",
    reference="Park et al. 2019, Relational Knowledge Distillation, arXiv:1904.05068",
):
    """distance * h(d(s), d(t)) + angle * h(c(s), c(t)): distances of two rows and angles of three.

    h is the smooth L1 loss, averaged over all pairs or triples. d holds the Euclidean distances between
    rows over their mean, c the cosines of the angles at each row between any two. Features of any shape,
    which may differ: of maps and sequences, the mean over positions stands for a row. Usual weight: 1, with
    the weights below. One row has no distances: 0. Two rows have one distance, which is the mean: 0 unless
    they coincide in one of the two networks.

    Not for batches above some 200 rows, as the angles take memory by the cube of their number, nor for
    features whose scale means something, as the mean distance is divided out.

    Attributes:
        distance: Weight of the distances.
        angle: Weight of the angles.
    """

    across_rows: ClassVar[bool] = True

    distance: Weight = 25.0
    angle: Weight = 50.0

    def compare(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return the weighted sum of both differences."""
        from torch.nn.functional import smooth_l1_loss

        from kdorch.builtin.losses.matching import embedding

        ours, theirs = (_differences(embedding(feature)) for feature in (student, teacher))
        distances = smooth_l1_loss(_distances(ours), _distances(theirs))
        angles = smooth_l1_loss(_angles(ours), _angles(theirs))
        return self.distance * distances + self.angle * angles


def _differences(rows: Tensor) -> Tensor:
    return rows.unsqueeze(0) - rows.unsqueeze(1)


def _distances(differences: Tensor) -> Tensor:
    """Return the distances over the mean of those that are not 0; all 0 where there are none."""
    distances: Tensor = differences.norm(dim=2)
    apart = (distances > 0).sum().clamp(min=1)
    mean = distances.sum() / apart
    return distances / mean.where(mean > 0, 1.0)


def _angles(differences: Tensor) -> Tensor:
    from torch.nn.functional import normalize

    directions = normalize(differences, dim=2)
    return directions @ directions.transpose(1, 2)
