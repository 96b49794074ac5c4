"""The vision transformer of x-transformers, as a student and as the network of a teacher.

This module names what there is; it imports neither torch nor x-transformers, so that ``kdorch --help`` stays
quick wherever the plugin is installed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import kdorch

if TYPE_CHECKING:
    from torch import nn


class XTransformer(
    kdorch.Student,
    name="x_transformer",
    tasks={"classification", "multilabel", "regression"},  # one answer for an image
    provides={"features"},
    reference="https://github.com/lucidrains/x-transformers",
):
    """A vision transformer for square images: patches, blocks of attention and feed-forward, their mean.

    Its features are maps, as those of convolutions are: ``early`` after the first block and ``late`` after
    the last, of shape (rows, width, side / patch, side / patch).

    Not for a few images where a convolution would do: it has no notion of what lies next to what, and has
    to learn it.

    Attributes:
        width: Numbers per patch.
        depth: Blocks.
        heads: Heads of each attention; they share the width.
        patch: Side of a patch in pixels, a divisor of the image's. x-transformers standardises each patch
            before it looks at it, which leaves little of 2 x 2 grey pixels, and of a single one nothing.
        expansion: Units of a feed-forward layer, in widths.
    """

    width: Annotated[int, Field(ge=8), kdorch.Range(16, 64, step=8)] = 32
    depth: Annotated[int, Field(ge=1), kdorch.Range(1, 4)] = 2
    heads: Annotated[int, Field(ge=1, le=8), kdorch.Choice(1, 2, 4)] = 2
    patch: Annotated[int, Field(ge=2)] = 4
    expansion: Annotated[int, Field(ge=1)] = 2

    def build(self, task: kdorch.Task) -> nn.Module:
        """Return the network.

        Raises:
            ValueError: If inputs are not square images that patches divide.
        """
        from kdorch_x_transformers_vision import Vision

        if len(task.input_shape) != 3 or task.input_shape[1] != task.input_shape[2]:  # noqa: PLR2004
            what = "square images (channels, height, width)"
            raise ValueError(f"x_transformer takes {what}, not inputs of shape {task.input_shape}")
        channels, side, _ = task.input_shape
        if side % self.patch:
            raise ValueError(f"patches of {self.patch} pixels do not divide images of {side}; set patch")
        return Vision(self, channels, side, task.outputs)


@kdorch.hookimpl
def register_students(register: Callable[..., None]) -> None:
    """One network: teachers come from it as ``{use: trained, network: {use: x_transformer}}``."""
    register(XTransformer)
