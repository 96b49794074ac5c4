"""Max pooling as it is quickest on a processor, with the same maxima: before ReLU, and of halves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

_POOLS = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)
_NARROW = (torch.bfloat16, torch.float16)


@contextmanager
def quick_pooling(network: nn.Module) -> Iterator[None]:
    """Compute a network's max pooling so for the duration.

    The maximum of what ReLU leaves is what ReLU leaves of the maximum, and so are the gradients, of a
    fraction as many numbers. Changed is how a ``Sequential`` runs, not what it holds: whoever walks through
    its modules finds what was written there. ReLU in place stays where it is: others may hold what it
    changes.
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
    return not own and any(type(each) in _POOLS for each in chain)


class _Chain:
    """What a ``Sequential`` with pooling in it does."""

    def __init__(self, modules: Iterable[nn.Module]) -> None:
        self._steps = list(modules)
        for place, (one, other) in enumerate(zip(self._steps, self._steps[1:], strict=False)):
            if type(other) in _POOLS and _may_wait(one, other):
                self._steps[place : place + 2] = [other, one]

    def __call__(self, inputs: Tensor) -> Tensor:
        for step in self._steps:
            halved = type(step) is nn.MaxPool2d and _halves(step, inputs) and not _watched(step)
            inputs = halved_maximum(inputs) if halved else step(inputs)
        return inputs


def _may_wait(step: nn.Module, pool: nn.Module) -> bool:
    """Whether a step is a ReLU that may as well come after this pooling."""
    plain = type(step) is nn.ReLU and not step.inplace and not pool.return_indices
    return plain and not (_watched(step) or _watched(pool))


def _watched(module: nn.Module) -> bool:
    kept = vars(module)  # torch has no other way to ask for hooks
    return any(kept[name] for name in kept if name.endswith("_hooks"))


def _halves(pool: nn.MaxPool2d, inputs: Tensor) -> bool:
    """Whether the windows are 2 x 2, side by side, and fill a map that a processor holds."""
    each = [pool.kernel_size, pool.stride, pool.padding, pool.dilation]
    side_by_side = [pair if isinstance(pair, tuple) else (pair, pair) for pair in each]
    fits = side_by_side == [(2, 2), (2, 2), (0, 0), (1, 1)] and not pool.return_indices
    even = not any(size % 2 for size in inputs.shape[-2:])
    return fits and even and inputs.is_floating_point() and inputs.device.type == "cpu"


def halved_maximum(inputs: Tensor) -> Tensor:
    """Return the maxima of 2 x 2 windows: of two rows each, then of two columns.

    Torch looks for them one by one, and keeps where each was. As whole rows they are compared many at a time,
    which takes half of the time and less; of several that are the largest, one gets the gradient.

    Args:
        inputs: Numbers, shape (..., height, width), both even.
    """
    found: Tensor = _Halved.apply(inputs)  # type: ignore[no-untyped-call]  # torch's
    return found


class _Halved(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, inputs: Tensor) -> Tensor:
        rows = torch.maximum(inputs[..., ::2, :], inputs[..., 1::2, :])
        one, other = rows[..., ::2], rows[..., 1::2]
        # Columns are taken one by one where nothing lies between them, and numbers of 16 bits where few do.
        context.apart = rows.stride(-1) == 1 or rows.dtype in _NARROW
        if context.apart:
            one, other = one.clone(), other.clone()
        context.save_for_backward(inputs, one, other)
        return torch.maximum(one, other)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        inputs, one, other = context.saved_tensors
        if torch.is_grad_enabled():  # for a gradient of the gradient, which torch's own pooling has
            pooled = functional.max_pool2d(inputs, 2)
            again: tuple[Tensor] = torch.autograd.grad(pooled, inputs, gradient, create_graph=True)
            return again[0]
        upper, lower, found = inputs[..., ::2, :], inputs[..., 1::2, :], torch.empty_like(inputs)
        columns = torch.empty_like(upper)
        halves = columns[..., ::2], columns[..., 1::2]
        if context.apart:
            shares = torch.empty_like(gradient), torch.empty_like(gradient)
            _share(gradient, one, other, *shares)
            for half, share in zip(halves, shares, strict=True):
                half.copy_(share)
        else:
            _share(gradient, one, other, *halves)
        _share(columns, upper, lower, found[..., ::2, :], found[..., 1::2, :])
        return found


def _share(gradient: Tensor, one: Tensor, other: Tensor, to_one: Tensor, to_other: Tensor) -> None:
    """Give the gradient of a maximum to the larger of two, and to the first if they are equal."""
    torch.gt(other, one, out=to_other).mul_(gradient)
    torch.sub(gradient, to_other, out=to_one)
