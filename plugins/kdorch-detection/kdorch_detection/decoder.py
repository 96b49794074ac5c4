"""From logits to boxes; it travels inside the shipped model."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d

from kdorch_detection.task import STRIDE


class Decoder(nn.Module):
    """Take the highest peaks of the heat maps for centres of boxes.

    A peak is as high as anything beside it, on the map of its class: of two boxes of a class whose centres
    are neighbours, one remains.

    Args:
        classes: How many there are.
        size: Height and width of the images, in pixels.
        most: How many boxes to answer for an image.
    """

    def __init__(self, classes: int, size: tuple[int, int], most: int) -> None:
        super().__init__()
        self.classes, self.size = classes, size
        positions = classes * (size[0] // STRIDE) * (size[1] // STRIDE)
        self.most = min(most, positions)

    def forward(self, logits: Tensor) -> Tensor:
        """Return left, top, right, bottom edge, score and class of each box, the likeliest first.

        Args:
            logits: Shape (rows, classes + 4, height / 4, width / 4).

        Returns:
            Shape (rows, most, 6); all 0 where there are fewer peaks.
        """
        heat, maps = logits[:, : self.classes].sigmoid(), logits[:, self.classes :]
        height, width = self.size[0] // STRIDE, self.size[1] // STRIDE
        peaks = torch.where(max_pool2d(heat, 3, stride=1, padding=1) == heat, heat, 0)
        scores, places = peaks.flatten(1).topk(self.most)
        position = places % (height * width)
        said = maps.flatten(2).gather(2, position[:, None].expand(-1, 4, -1)).transpose(1, 2)
        grid = torch.stack([position % width, position // width], dim=-1) + 0.5
        largest = math.log(max(height, width))  # of a network that knows nothing, the exponential overflows
        centre, half = grid + said[..., :2], said[..., 2:].clamp(max=largest).exp() / 2
        boxes = torch.cat([centre - half, centre + half], dim=-1) * STRIDE
        boxes = torch.minimum(boxes.clamp(min=0), boxes.new_tensor([*self.size[::-1]] * 2))
        kinds = (places // (height * width)).to(scores.dtype)
        found = torch.cat([boxes, scores[..., None], kinds[..., None]], dim=-1)
        return found * (scores > 0)[..., None]
