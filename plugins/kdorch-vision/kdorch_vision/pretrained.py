"""A teacher that has seen a million photographs, and of the study's images learns what is what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import kdorch
from kdorch_vision.efficientnet import EfficientNetLite0, Enlarging
from kdorch_vision.networks import TASKS

if TYPE_CHECKING:
    from torch import Tensor

    from kdorch_vision.enlarging import Enlarged


class Pretrained(
    Enlarging,
    kdorch.Teacher,
    name="efficientnet_lite0",
    tasks=TASKS,
    reference="https://arxiv.org/abs/1905.11946",
):
    """EfficientNet-Lite0 as its package ships it, with a linear head for the study's own classes.

    It looks at each training row once; then the head is fitted to what it saw, by L-BFGS. Images are enlarged
    inside it, so that rows are stored as small as they are. For one that is fine-tuned as a whole, take its
    network: ``{use: trained, network: {use: efficientnet_lite0}}``.

    Not for images that are nothing like photographs, such as digits: a small network that is trained on them
    knows more, and sooner.

    Attributes:
        penalty: Factor of the squared weights of the head, beside the task's loss.
    """

    penalty: Annotated[float, Field(ge=0)] = 1e-4

    def fit(self, lessons: kdorch.Lessons) -> dict[str, Tensor]:
        """Return the weights of the network, with a head that was fitted."""
        from kdorch_vision.head import fitted, seen

        train = lessons.train
        inputs, targets = train.inputs, train.targets
        if train.labelled is not None:
            inputs, targets = inputs[train.labelled], targets[train.labelled]
        network = self._network(lessons.task)
        network.body._fc = fitted(seen(network, inputs), targets, lessons.task, self.penalty)
        return network.state_dict()

    def build(
        self, task: kdorch.Task, state: Mapping[str, Tensor]
    ) -> Callable[[kdorch.Batch], kdorch.Output]:
        """Return what answers a batch, some images at a time."""
        from kdorch_vision.head import answers

        network = self._network(task)
        network.load_state_dict(dict(state))
        return lambda batch: answers(network, batch.inputs)

    def parameters(self, task: kdorch.Task, state: Mapping[str, Tensor]) -> int:
        """Return how many parameters the network has."""
        return sum(parameter.numel() for parameter in self._network(task).parameters())

    def _network(self, task: kdorch.Task) -> Enlarged:
        spec = EfficientNetLite0(size=self.size, features=self.features)
        return spec.build(task).eval()
