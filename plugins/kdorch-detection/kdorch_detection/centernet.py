"""A network that answers heat maps, from tiny to one that teaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import kdorch

if TYPE_CHECKING:
    from torch import nn


class CenterNet(
    kdorch.Student,
    name="centernet",
    provides={"features"},
    tasks={"detection"},
    reference="Zhou et al. 2019, Objects as Points (CenterNet), arXiv:1904.07850",
):
    """Convolutions down to a quarter of the image, a look around at an eighth, and the maps.

    About 70 width^2 parameters for depth 1, 36 width^2 more for each further block. Its features are maps at
    a quarter of the image with ``width`` channels: ``early`` before the look around, and ``late`` after it.

    Attributes:
        width: Channels at a quarter of the image; twice as many at an eighth.
        depth: Residual blocks at an eighth of the image.
    """

    width: Annotated[int, Field(ge=2), kdorch.Range(8, 40, step=4)] = 16
    depth: Annotated[int, Field(ge=1), kdorch.Range(1, 3)] = 1

    def build(self, task: kdorch.Task) -> nn.Module:
        """Return the network.

        Raises:
            ValueError: If inputs are not images (channels, height, width).
        """
        from kdorch_detection.layers import around, head, quarter

        if len(task.input_shape) != 3:  # noqa: PLR2004  channels, height, width
            what = "images (channels, height, width)"
            raise ValueError(f"centernet takes {what}, not inputs of shape {task.input_shape}")
        return kdorch.Stages(
            early=quarter(task.input_shape[0], self.width),
            late=around(self.width, self.depth),
            head=head(self.width, task.outputs),
        )
