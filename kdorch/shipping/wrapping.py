"""The student, its preprocessing and its units as one module, from raw rows to answers."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from kdorch.errors import PromotionError

BATCH_SIZES = (1, 2, 7)
"""The batch sizes at which a shipped model must agree with the student."""


class RawInputs(nn.Module):
    """Raw rows in, answers out: prepares, casts, asks the network, and decodes its logits.

    Rows reach the preprocessing as they are, as they did when the training rows were prepared: cast to single
    precision first, large numbers could no longer be told apart. Floating-point inputs made of them are
    cast to the network's precision; integers (token ids) stay what they are.
    """

    def __init__(self, preprocessing: nn.Module, network: nn.Module, decoder: nn.Module | None) -> None:
        super().__init__()
        self.preprocessing = preprocessing
        self.network = network
        self.decoder = decoder
        precisions = (weight.dtype for weight in network.parameters() if weight.is_floating_point())
        self.precision = next(precisions, torch.float32)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the answers.

        Args:
            inputs: Rows as the dataset ships them, batch first.

        Returns:
            Logits, or what the decoder makes of them, batch first.
        """
        return self.decode(self.logits(inputs))

    def logits(self, inputs: Tensor) -> Tensor:
        """Return what the network says of raw rows."""
        prepared = self.preprocessing(inputs)
        if prepared.is_floating_point():
            prepared = prepared.to(self.precision)
        output = self.network(prepared)
        logits: Tensor = output if isinstance(output, Tensor) else output.logits
        return logits

    def decode(self, logits: Tensor) -> Tensor:
        """Return the answers that logits mean."""
        return logits if self.decoder is None else self.decoder(logits)


def wrap(preprocessing: nn.Module, network: nn.Module, decoder: nn.Module | None = None) -> RawInputs:
    """Copy the modules into one that is ready to ship: on the CPU, in evaluation mode, without gradients.

    The originals keep their device, mode and weights.
    """
    module = RawInputs(deepcopy(preprocessing), deepcopy(network), deepcopy(decoder))
    return module.cpu().eval().requires_grad_(False)


def answers(module: nn.Module, example: NDArray[Any]) -> dict[int, NDArray[Any]]:
    """Run the module on the first rows of ``example``, once per batch size.

    Returns:
        Logits by batch size.

    Raises:
        PromotionError: The module answers with something other than one finite tensor row per input row.
    """
    found = {}
    for size in BATCH_SIZES:
        with torch.no_grad():
            logits = module(torch.from_numpy(example[:size]))
        if not isinstance(logits, Tensor) or logits.ndim == 0 or len(logits) != size:
            raise PromotionError(
                f"the student answers {size} rows with {_described(logits)}; it must return logits with one "
                "row per input row, as a tensor or as an object's attribute 'logits'."
            )
        if not torch.isfinite(logits).all():
            raise PromotionError(
                "the student's logits are not finite on the example rows: its weights or the preprocessing "
                "are broken. Look at this trial's training, or promote another trial."
            )
        found[size] = logits.numpy()
    return found


@torch.no_grad()
def unit(module: RawInputs, example: NDArray[Any]) -> NDArray[Any]:
    """Return by how much the answers to a row change when its logits rise by 1."""
    logits = module.logits(torch.from_numpy(example[:1]))
    return (module.decode(logits + 1) - module.decode(logits)).abs().numpy()


def _described(answer: object) -> str:
    return (
        f"a tensor of shape {tuple(answer.shape)}"
        if isinstance(answer, Tensor)
        else f"a {type(answer).__name__}"
    )
