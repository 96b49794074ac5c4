"""Which networks may be computed otherwise: with channels last, and in bfloat16."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

_MAPS = 4  # dimensions: rows, channels, height, width
_BLOCK = 16  # channels that oneDNN's convolutions of 1 x 1 take at once
_HARMLESS = (nn.Linear, nn.BatchNorm1d, nn.BatchNorm2d)


def against_channels_last(network: nn.Module, inputs: Tensor) -> str:
    """Return why a network must not be computed with channels last; nothing if it is known to be safe.

    oneDNN 3.12, with which PyTorch 2.13 computes, writes beyond its memory in the backward pass of a strided
    convolution of 1 x 1 whose input has fewer channels than a block, if they come last
    (https://github.com/uxlfoundation/oneDNN/issues/6035). So only what was searched for such errors may.

    Args:
        network: The network.
        inputs: A few of its rows.
    """
    if inputs.dim() != _MAPS or not any(_convolutions(network)):
        return "it has no maps"
    if inputs.device.type == "cpu" and torch.cpu.get_capabilities()["architecture"] != "x86_64":
        return "it was not searched for errors on this processor"
    for module in network.modules():
        own = [*module.parameters(recurse=False), *module.buffers(recurse=False)]
        if own and not _safe(module):
            return f"its {module} is not known to be safe"
    return ""


def against_bfloat16(network: nn.Module, inputs: Tensor) -> str:
    """Return why a network must not be computed in bfloat16; nothing if nothing is known.

    oneDNN leaves the gradient of those weights of a convolution as it finds it, at random, that only ever see
    the padding of a map; in float32 it is zero, as it should be.

    Args:
        network: The network, in evaluation mode.
        inputs: A few of its rows.
    """
    if inputs.device.type == "cpu" and not torch.cpu.get_capabilities().get("avx512_bf16"):
        return "this processor only imitates it"
    found: list[nn.Conv2d] = []
    hooks = [each.register_forward_hook(_noting(found)) for each in _convolutions(network)]
    try:
        with torch.no_grad():
            network(inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return f"its {found[0]} is larger than its maps" if found else ""


def _convolutions(network: nn.Module) -> Iterator[nn.Conv2d]:
    return (each for each in network.modules() if isinstance(each, nn.Conv2d))


def _safe(module: nn.Module) -> bool:
    if type(module) is not nn.Conv2d:
        return type(module) in _HARMLESS
    leaps = module.kernel_size == (1, 1) and module.stride != (1, 1)
    return module.groups == 1 and not (leaps and module.in_channels < _BLOCK)


def _noting(found: list[nn.Conv2d]) -> Callable[[nn.Conv2d, tuple[Tensor], Tensor], None]:
    def note(convolution: nn.Conv2d, inputs: tuple[Tensor], output: Tensor) -> None:
        sides = zip(inputs[0].shape[-2:], output.shape[-2:], strict=True)
        if any(_blind(convolution, axis, *pair) for axis, pair in enumerate(sides)):
            found.append(convolution)

    return note


def _blind(convolution: nn.Conv2d, axis: int, before: int, after: int) -> bool:
    """Return whether some weight never meets a pixel along an axis, whose side is that before and after."""
    size, step = convolution.kernel_size[axis], convolution.dilation[axis]
    first = -_padding(convolution, axis, step * (size - 1))
    starts = range(first, first + after * convolution.stride[axis], convolution.stride[axis])
    return any(all(not 0 <= start + tap * step < before for start in starts) for tap in range(size))


def _padding(convolution: nn.Conv2d, axis: int, reach: int) -> int:
    padding = convolution.padding
    if isinstance(padding, str):
        return reach // 2 if padding == "same" else 0
    return padding[axis]
