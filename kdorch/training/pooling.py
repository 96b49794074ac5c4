"""Max pooling where it is quickest, with the same numbers: before ReLU, and of few channels in float32."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

_POOLS = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)
_FEW = 32  # channels: torch takes so many numbers of bfloat16 at once, and fewer of them one by one


@contextmanager
def quick_pooling(network: nn.Module) -> Iterator[None]:
    """Compute a network's max pooling so for the duration.

    The maximum of what ReLU leaves is what ReLU leaves of the maximum, and so are the gradients, of a
    fraction as many numbers. Changed is how a ``Sequential`` runs, not what it holds: whoever walks through
    its modules finds what was written there. Where windows overlap, their gradients are summed in float32,
    and rounded to bfloat16 once.
    """
    pooling = [each for each in network.modules() if isinstance(each, nn.Sequential) and _pools(each)]
    for module in pooling:
        vars(module)["forward"] = _Chain(module)
    try:
        yield
    finally:
        for module in pooling:
            del vars(module)["forward"]


def _pools(chain: nn.Sequential) -> bool:
    own = type(chain).forward is not nn.Sequential.forward or "forward" in vars(chain)
    return not own and any(isinstance(each, _POOLS) for each in chain)


class _Chain:
    """What a ``Sequential`` with pooling in it does."""

    def __init__(self, modules: Iterable[nn.Module]) -> None:
        self._steps = list(modules)
        for place, (one, other) in enumerate(zip(self._steps, self._steps[1:], strict=False)):
            if type(one) is nn.ReLU and isinstance(other, _POOLS) and not (_watched(one) or _watched(other)):
                self._steps[place : place + 2] = [other, one]

    def __call__(self, inputs: Tensor) -> Tensor:
        for step in self._steps:
            inputs = _pooled(step, inputs) if isinstance(step, _POOLS) else step(inputs)
        return inputs


def _watched(module: nn.Module) -> bool:
    kept = vars(module)  # torch has no other way to ask for hooks
    return any(kept[name] for name in kept if name.endswith("_hooks"))


def _pooled(pool: nn.Module, inputs: Tensor) -> Tensor:
    slow = inputs.dtype == torch.bfloat16 and inputs.device.type == "cpu" and inputs.shape[1] < _FEW
    pooled: Tensor = pool(inputs.float()).to(inputs.dtype) if slow else pool(inputs)
    return pooled
