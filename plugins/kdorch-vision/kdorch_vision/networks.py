"""Small networks for images: plain, depthwise and residual, each in three stages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import kdorch

if TYPE_CHECKING:
    from torch import nn

TASKS = {"classification", "multilabel", "regression"}  # those with one answer for an image
_STRIDES = (1, 2, 4)


class Staged(kdorch.Student, provides={"features"}, tasks=TASKS):
    """Three stages of blocks; each further one has half the side and twice the channels of the one before.

    Every convolution is followed by a batch norm. The features are the maps that stages end with: ``early``,
    ``middle`` and ``late``.

    Attributes:
        width: Channels of the first stage.
        depth: Blocks of a stage.
        stride: Pixels from one position of the first map to the next: 1 for images of up to 16 pixels, 2 for
            about 32, 4 for more.
    """

    width: Annotated[int, Field(ge=1), kdorch.Range(4, 32, log=True)] = 16
    depth: Annotated[int, Field(ge=1), kdorch.Range(1, 3)] = 1
    stride: Annotated[int, kdorch.Choice(*_STRIDES)] = 2

    def channels(self, task: kdorch.Task) -> int:
        """Return the channels of the images.

        Raises:
            ValueError: If inputs are not images (channels, height, width).
        """
        if len(task.input_shape) != 3:  # noqa: PLR2004  channels, height, width
            what = f"not inputs of shape {task.input_shape}"
            raise ValueError(f"{self.name} takes images (channels, height, width), {what}")
        return task.input_shape[0]


class Conv(Staged, name="conv"):
    """Plain 3 x 3 convolutions with batch norm and ReLU, for images of any size.

    The first one turns the image into the first map, and is the first block of its stage. What kdorch's own
    `cnn` lacks, batch norms and a third stage, lets it learn in a few passes over the rows. On a CPU it is
    the quickest of the three.
    """

    def build(self, task: kdorch.Task) -> nn.Module:
        """Return the network.

        Raises:
            ValueError: If inputs are not images.
        """
        from kdorch_vision.blocks import plain, stages

        return stages(
            plain, self.channels(task), self.width, (self.depth - 1, self.depth), self.stride, task.outputs
        )


class Depthwise(Staged, name="depthwise", reference="https://arxiv.org/abs/1704.04861"):
    """A convolution of each channel by itself, then one of all channels at each pixel (MobileNet).

    Few parameters and multiplications for its width. On a desktop CPU that is no time won: small depthwise
    convolutions wait for memory. It is for devices that count parameters and operations.
    """

    width: Annotated[int, Field(ge=1), kdorch.Range(8, 64, log=True)] = 24

    def build(self, task: kdorch.Task) -> nn.Module:
        """Return the network.

        Raises:
            ValueError: If inputs are not images.
        """
        from kdorch_vision.blocks import separable, stages

        return stages(
            separable,
            self.channels(task),
            self.width,
            (self.depth - 1, self.depth),
            self.stride,
            task.outputs,
        )


class ResNet(Staged, name="resnet", reference="https://arxiv.org/abs/1512.03385"):
    """A convolution, then blocks of two with a way around them, so that depth does no harm.

    Width 16 and depth 3 is the ResNet-20 of the paper, 272,000 parameters. Not below some 5,000 parameters,
    where the second convolution of a block is better spent on width: see `conv`.
    """

    def build(self, task: kdorch.Task) -> nn.Module:
        """Return the network.

        Raises:
            ValueError: If inputs are not images.
        """
        from kdorch_vision.blocks import Residual, stages

        return stages(
            Residual, self.channels(task), self.width, (self.depth, self.depth), self.stride, task.outputs
        )
