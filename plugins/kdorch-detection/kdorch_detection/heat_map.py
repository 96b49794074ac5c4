"""What one detector learns from another's answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import kdorch

if TYPE_CHECKING:
    from torch import Tensor


class HeatMap(
    kdorch.Loss,
    name="heat_map",
    tasks={"detection"},
    reference="Li et al. 2020, Generalized Focal Loss, arXiv:2006.04388",
):
    """|p - q|^2 H(p, q) summed over the heat, plus |s - t| of the boxes where the teacher is sure of one.

    p and q are the teacher's and the student's heat at a position and class, H their binary cross-entropy:
    the quality focal loss, with the teacher for the labels. It is summed over an image and divided by the sum
    of p^2, or by 1 if that is less. Offsets and log sizes count by the square of the teacher's heat at their
    position: nearly all of an image is lukewarm, and boxes of places without a centre mean nothing. Averaged
    over rows. Usual weight: 0.5 to 2.

    Not for a teacher trained on other classes, or on their names in another order.

    Attributes:
        boxes: Weight of the boxes beside the heat.
    """

    boxes: Annotated[float, Field(ge=0), kdorch.Range(0.1, 2.0, log=True)] = 1.0

    def build(self, task: kdorch.Task, student: kdorch.Output, teacher: kdorch.Output | None) -> kdorch.Term:
        """Return this loss.

        Raises:
            ValueError: If the two answer maps of different shapes.
        """
        if teacher is not None and student.logits.shape != teacher.logits.shape:
            ours, theirs = (tuple(output.logits.shape[1:]) for output in (student, teacher))
            raise ValueError(f"the student's maps have shape {ours}, the teacher's {theirs}: they must agree")
        return self

    def __call__(self, student: kdorch.Output, teacher: kdorch.Output, batch: kdorch.Batch) -> Tensor:
        """Return the term, a scalar, for logits of shape (rows, classes + 4, height, width)."""
        from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

        ours, theirs = (_single(output.logits) for output in (student, teacher))
        wanted, said = theirs[:, :-4].sigmoid(), ours[:, :-4]
        apart = (wanted - said.sigmoid()).square() * cross_entropy(said, wanted, reduction="none")
        heat = apart.sum((1, 2, 3)) / wanted.square().sum((1, 2, 3)).clamp(min=1)
        sure = wanted.amax(1).square()
        distance = (ours[:, -4:] - theirs[:, -4:]).abs().mean(1)
        boxes = (distance * sure).sum((1, 2)) / sure.sum((1, 2)).clamp(min=1)
        return (heat + self.boxes * boxes).mean()


def _single(logits: Tensor) -> Tensor:
    from torch import float64

    return logits if logits.dtype == float64 else logits.float()
