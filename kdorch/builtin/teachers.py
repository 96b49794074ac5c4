"""Teachers with a network of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field, SerializeAsAny

import kdorch

if TYPE_CHECKING:
    from torch import Tensor, nn


class Trained(kdorch.Teacher, name="trained"):
    """Any student network, trained once on the labels and then imitated.

    Attributes:
        network: The network.
        epochs: Passes over the training rows; the best one by validation is kept.
        batch: Rows per step.
        lr: Highest learning rate.
    """

    network: SerializeAsAny[kdorch.Student]
    epochs: Annotated[int, Field(ge=1)] = 15
    batch: Annotated[int, Field(ge=1)] = 64
    lr: Annotated[float, Field(gt=0)] = 3e-3

    def offers(self) -> frozenset[str]:
        """Return what its network does."""
        return self.network.offers()

    def fit(self, lessons: kdorch.Lessons) -> dict[str, Tensor]:
        """Return the trained weights."""
        return lessons.fit(self.network, epochs=self.epochs, batch=self.batch, lr=self.lr)

    def homework(self) -> tuple[kdorch.Student, dict[str, float]]:
        """Return the network and its training."""
        return self.network, {"epochs": self.epochs, "batch": self.batch, "lr": self.lr}

    def build(
        self, task: kdorch.Task, state: Mapping[str, Tensor]
    ) -> Callable[[kdorch.Batch], kdorch.Output]:
        """Return the network with the trained weights, in evaluation mode."""
        return _answers(self.network, task, state)

    def parameters(self, task: kdorch.Task, state: Mapping[str, Tensor]) -> int:
        """Return the network's."""
        return _parameters(self.network, task, state)


class Checkpoint(kdorch.Teacher, name="checkpoint"):
    """A network whose weights you have, as a safetensors file.

    For a regression it answers in the units of the dataset.

    Attributes:
        network: The network that the weights belong to.
        weights: Path of the file; in a study file, from where that lies.
    """

    foreign: ClassVar[bool] = True

    network: SerializeAsAny[kdorch.Student]
    weights: Path

    def offers(self) -> frozenset[str]:
        """Return what its network does."""
        return self.network.offers()

    def complaints(self) -> dict[str, str]:
        """Return that the file is missing, if it is."""
        return {} if self.weights.is_file() else {"weights": f"there is no file {self.weights}."}

    def fit(self, lessons: kdorch.Lessons) -> dict[str, Tensor]:
        """Return the weights of the file.

        Raises:
            DataError: If it is missing or is not a safetensors file.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            state: dict[str, Tensor] = load_file(self.weights)
        except (OSError, SafetensorError) as error:
            raise kdorch.DataError(
                f"teacher.weights: {self.weights} cannot be read as safetensors: {error}"
            ) from error
        return state

    def build(
        self, task: kdorch.Task, state: Mapping[str, Tensor]
    ) -> Callable[[kdorch.Batch], kdorch.Output]:
        """Return the network with these weights, in evaluation mode."""
        own = _answers(self.network, task, state)
        if task.decoder() is None:
            return own

        def answer(batch: kdorch.Batch) -> kdorch.Output:
            from torch import from_numpy

            said = own(batch)
            return kdorch.Output(from_numpy(task.encode(said.logits.detach().numpy())), said.features)

        return answer

    def parameters(self, task: kdorch.Task, state: Mapping[str, Tensor]) -> int:
        """Return the network's."""
        return _parameters(self.network, task, state)


def _answers(
    network: kdorch.Student, task: kdorch.Task, state: Mapping[str, Tensor]
) -> Callable[[kdorch.Batch], kdorch.Output]:
    module = _loaded(network, task, state)

    def answer(batch: kdorch.Batch) -> kdorch.Output:
        answered = module(batch.inputs)
        return answered if isinstance(answered, kdorch.Output) else kdorch.Output(answered)

    return answer


def _loaded(network: kdorch.Student, task: kdorch.Task, state: Mapping[str, Tensor]) -> nn.Module:
    """Return the network with these weights, in evaluation mode."""
    module = network.build(task)
    try:
        module.load_state_dict(dict(state))
    except RuntimeError as error:
        raise kdorch.DataError(
            f"the weights do not fit the teacher's network {network.name!r}: {error}"
        ) from error
    return module.eval()


def _parameters(network: kdorch.Student, task: kdorch.Task, state: Mapping[str, Tensor]) -> int:
    return sum(parameter.numel() for parameter in _loaded(network, task, state).parameters())
