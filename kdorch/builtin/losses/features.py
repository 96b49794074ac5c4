"""What losses on features share: pairs of layers, and what their shapes must have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

import kdorch

if TYPE_CHECKING:
    from torch import Tensor

    from kdorch.builtin.losses.matching import Matched

Comparison = Callable[["Tensor", "Tensor"], "Tensor"]


class FeatureLoss(kdorch.Loss, needs={"features"}):
    """A loss on pairs of features, added up over the pairs.

    A feature has its rows first. By its dimensions it is vectors (rows, units), a sequence
    (rows, tokens, channels) or maps (rows, channels, height, width), also with depth. Units are channels
    without positions. A loss sees channels second and positions after them, in single precision at least;
    where it compares position by position, the larger map is averaged down to the size of the smaller one
    (adaptive average pooling), while sequences must have equally many tokens.

    Class attributes:
        positions: It compares what lies at each position, so vectors have nothing for it.
        channels: It compares channel by channel; where the student has another number of them, a trained
            1 x 1 convolution (for vectors and sequences a linear map) gives it the teacher's. That is no part
            of the student: it is left behind.

    Attributes:
        layers: The student's feature to the teacher's that it is compared with.
    """

    positions: ClassVar[bool] = False
    channels: ClassVar[bool] = False

    layers: Annotated[dict[str, str], Field(min_length=1)]

    def build(self, task: kdorch.Task, student: kdorch.Output, teacher: kdorch.Output | None) -> Matched:
        """Return the term for one trial, with the projections that these shapes need.

        Raises:
            ValueError: If there is no such feature, or two cannot be compared.
        """
        from kdorch.builtin.losses.matching import Matched

        return Matched(self, student, teacher)

    def comparison(self, channels: int) -> Comparison:
        """Return what compares one pair; a module if it has parts to train.

        Args:
            channels: Of the teacher's feature.
        """
        return self.compare

    def compare(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Return the term of one pair, shapes (rows, channels, positions...), as a scalar."""
        raise NotImplementedError
