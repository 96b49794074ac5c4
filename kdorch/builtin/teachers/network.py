"""What teachers with a network of their own share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import kdorch

if TYPE_CHECKING:
    from torch import Tensor, nn


def answers(
    network: kdorch.Student, task: kdorch.Task, state: Mapping[str, Tensor]
) -> Callable[[kdorch.Batch], kdorch.Output]:
    """Return what answers a batch with these weights."""
    module = loaded(network, task, state)

    def answer(batch: kdorch.Batch) -> kdorch.Output:
        answered = module(batch.inputs)
        return answered if isinstance(answered, kdorch.Output) else kdorch.Output(answered)

    return answer


def loaded(network: kdorch.Student, task: kdorch.Task, state: Mapping[str, Tensor]) -> nn.Module:
    """Return the network with these weights, in evaluation mode."""
    module = network.build(task)
    try:
        module.load_state_dict(dict(state))
    except RuntimeError as error:
        raise kdorch.DataError(
            f"the weights do not fit the teacher's network {network.name!r}: {error}"
        ) from error
    return module.eval()


def parameters_of(network: kdorch.Student, task: kdorch.Task, state: Mapping[str, Tensor]) -> int:
    """Return how many parameters the network has."""
    return sum(parameter.numel() for parameter in loaded(network, task, state).parameters())
