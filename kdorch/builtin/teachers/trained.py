"""A teacher that we train."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, SerializeAsAny

import kdorch
from kdorch.builtin.teachers.fields import Folds
from kdorch.builtin.teachers.network import answers, parameters_of

if TYPE_CHECKING:
    from torch import Tensor


class Trained(kdorch.Teacher, name="trained"):
    """Any student network, trained once on the labels and then imitated.

    Attributes:
        network: The network.
        epochs: Passes over the training rows; the best one by validation is kept.
        batch: Rows per step.
        lr: Highest learning rate.
        cross_fit: Answer training rows by this many networks, each those that it has not seen; for a network
            that knows its rows by heart, whose answers to them say little.
    """

    network: SerializeAsAny[kdorch.Student]
    epochs: Annotated[int, Field(ge=1)] = 15
    batch: Annotated[int, Field(ge=1)] = 64
    lr: Annotated[float, Field(gt=0)] = 3e-3
    cross_fit: Folds | None = None

    def offers(self) -> frozenset[str]:
        """Return what its network does."""
        return self.network.offers()

    def folds(self) -> int:
        """Return the number of folds."""
        return self.cross_fit or 0

    def fit(self, lessons: kdorch.Lessons) -> dict[str, Tensor]:
        """Return the trained weights."""
        return lessons.fit(self.network, epochs=self.epochs, batch=self.batch, lr=self.lr)

    def homework(self) -> list[tuple[kdorch.Student, dict[str, float]]]:
        """Return the network and its training."""
        return [(self.network, {"epochs": self.epochs, "batch": self.batch, "lr": self.lr})]

    def build(
        self, task: kdorch.Task, state: Mapping[str, Tensor]
    ) -> Callable[[kdorch.Batch], kdorch.Output]:
        """Return the network with the trained weights, in evaluation mode."""
        return answers(self.network, task, state)

    def parameters(self, task: kdorch.Task, state: Mapping[str, Tensor]) -> int:
        """Return the network's."""
        return parameters_of(self.network, task, state)
