"""What is learnt: where things are, how large, and what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

import kdorch

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

STRIDE = 4  # pixels between neighbours on the heat map
_BOX = 5  # x1, y1, x2, y2, class
_REGRESSED = 4  # offset and size of a box, in both directions

Side = Annotated[int, Field(ge=STRIDE, multiple_of=STRIDE)]


class Detection(
    kdorch.Task,
    name="detection",
    reference="Zhou et al. 2019, Objects as Points (CenterNet), arXiv:1904.07850",
):
    """Find boxes in images, by a heat map of their centres.

    Targets have shape (rows, most in any row, 5): left, top, right and bottom edge in pixels, then the class;
    a row with fewer boxes is filled up with -1. Logits have shape (rows, classes + 4, height / 4, width / 4):
    a heat map for each class, then, for a box whose centre lies there, how far that is from the middle of the
    position (right, down) and the logarithms of width and height, all in steps of 4 pixels.

    Attributes:
        labels: Names of the classes, by their numbers.
        size: Height and width of the images, in pixels.
        most: How many boxes are answered for an image, those with the highest scores.
    """

    directions: ClassVar[Mapping[str, kdorch.Direction]] = {"ap50": "max", "ap": "max", "loss": "min"}
    likeness: ClassVar[Mapping[str, kdorch.Direction]] = {"heat_mae": "min", "box_mae": "min"}
    located: ClassVar[bool] = True

    labels: Annotated[tuple[str, ...], Field(min_length=1)]
    size: tuple[Side, Side]
    most: Annotated[int, Field(ge=1)] = 20

    @property
    def outputs(self) -> int:
        """Maps: one for each class, and four for the boxes."""
        return len(self.labels) + _REGRESSED

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of one row's logits: maps, rows of positions, columns."""
        height, width = self.size
        return (self.outputs, height // STRIDE, width // STRIDE)

    @property
    def names(self) -> tuple[str, ...]:
        """What the numbers of an answered box are."""
        return ("x1", "y1", "x2", "y2", "score", "class")

    def meaning(self) -> str:
        """Return what is answered, and the classes by their numbers."""
        classes = ", ".join(f"{number} {label}" for number, label in enumerate(self.labels))
        height, width = self.size
        return (
            f"{self.most} boxes for an image, the likeliest first: edges in pixels of the row, which has "
            f"{width} x {height}, a score from 0 to 1, and the class ({classes}). "
            "Where there is none, all are 0."
        )

    def complaint(self, targets: np.ndarray) -> str:
        """Return what is wrong with the first row that has a box which cannot be: by row."""
        from kdorch_detection.wrong import first_wrong

        if targets.shape[2:] != (_BOX,):
            return f"targets have shape {targets.shape}, not (rows, boxes, 5): x1, y1, x2, y2, class."
        return first_wrong(targets, self.size, len(self.labels))

    def decoder(self) -> nn.Module:
        """Return what makes boxes of logits, shape (rows, most, 6)."""
        from kdorch_detection.decoder import Decoder

        return Decoder(len(self.labels), self.size, self.most)

    def loss(self, logits: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
        """Return the focal loss of the heat map and the absolute error of the boxes at their centres.

        Both are sums over an image, divided by the number of its boxes.
        """
        from kdorch_detection.maps import losses

        each = losses(logits, targets, len(self.labels))
        return each.mean() if weights is None else each @ weights / weights.sum()

    def score(self, name: str, logits: Tensor, targets: Tensor) -> float:
        """Return the loss, or the average precision over classes as COCO defines it.

        ``ap50`` takes a box for found if it overlaps by half (intersection over union), ``ap`` is the mean
        over ten thresholds, .50 to .95.
        """
        from kdorch_detection.precision import HALF, TEN, average_precision

        if name == "loss":
            return float(self.loss(logits, targets))
        found = self.decoder()(logits)
        return average_precision(found.numpy(), targets.numpy(), HALF if name == "ap50" else TEN)

    def fidelity(self, student: Tensor, teacher: Tensor) -> dict[str, float]:
        """Return mean absolute differences: of heat (0 to 1), and of edges of boxes, in pixels.

        Boxes count where, and as much as, the teacher sees the centre of one.
        """
        from kdorch_detection.maps import differences

        heat, boxes = differences(student, teacher, len(self.labels))
        return {"heat_mae": heat, "box_mae": boxes}
