"""A teacher whose weights are there already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SerializeAsAny

import kdorch
from kdorch.builtin.teachers.network import answers, parameters_of

if TYPE_CHECKING:
    from torch import Tensor

_PICKLES = {".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth"}
_WHY = (
    "Pickled weights can run code when they are loaded, so kdorch never does it. If you know who made them, "
    'write them anew: safetensors.torch.save_file(torch.load("FILE"), "FILE.safetensors").'
)


class Checkpoint(kdorch.Teacher, name="checkpoint"):
    """A network whose weights you have, as a safetensors file.

    For a regression it answers in the units of the dataset.

    Attributes:
        network: The network that the weights belong to.
        weights: Path of the file; in a study file, from where that lies.
    """

    network: SerializeAsAny[kdorch.Student]
    weights: Path

    @property
    def foreign(self) -> bool:
        """It was trained elsewhere."""
        return True

    def offers(self) -> frozenset[str]:
        """Return what its network does."""
        return self.network.offers()

    def complaints(self) -> dict[str, str]:
        """Return that the file is missing, or is none of safetensors; only its header is read."""
        if not self.weights.is_file():
            return {"weights": f"there is no file {self.weights}."}
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(self.weights, framework="numpy"):
                return {}
        except (OSError, SafetensorError) as error:
            what = f"{self.weights} cannot be read as safetensors: {error}."
            return {"weights": f"{what} {_WHY}" if self.weights.suffix in _PICKLES else what}

    def fit(self, lessons: kdorch.Lessons) -> dict[str, Tensor]:
        """Return the weights of the file.

        Raises:
            DataError: If it is missing or is not a safetensors file.
        """
        wrong = self.complaints()
        if wrong:
            raise kdorch.DataError(f"teacher.weights: {wrong['weights']}")
        from safetensors.torch import load_file

        state: dict[str, Tensor] = load_file(self.weights)
        return state

    def build(
        self, task: kdorch.Task, state: Mapping[str, Tensor]
    ) -> Callable[[kdorch.Batch], kdorch.Output]:
        """Return the network with these weights, in evaluation mode."""
        own = answers(self.network, task, state)
        if task.decoder() is None:
            return own

        def answer(batch: kdorch.Batch) -> kdorch.Output:
            from torch import from_numpy

            said = own(batch)
            return kdorch.Output(from_numpy(task.encode(said.logits.detach().numpy())), said.features)

        return answer

    def parameters(self, task: kdorch.Task, state: Mapping[str, Tensor]) -> int:
        """Return the network's."""
        return parameters_of(self.network, task, state)
