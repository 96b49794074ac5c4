"""What a network is made of, if it is one that can be stacked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from kdorch.kinds.stages import Stages

# 0 at 0: a unit that only pads answers 0, and then nothing ever reaches the weights around it.
_ACTIVATIONS = (nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Tanh, nn.Identity)
_CONTAINERS = (nn.Sequential.forward, Stages.forward)  # of subclasses, too, that do the same
_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


class Unstackable(Exception):  # noqa: N818  no error: the trial is trained alone
    """Why a trial cannot be trained in a stack, as the end of a sentence."""


@dataclass(frozen=True)
class Layer:
    """A linear layer and the activations behind it."""

    linear: nn.Linear
    activations: tuple[nn.Module, ...]

    def signature(self) -> tuple[bool, str]:
        """Return what layers of one stack have in common; their widths may differ."""
        return self.linear.bias is not None, ", ".join(map(repr, self.activations))

    def activate(self, before: Tensor) -> Tensor:
        """Return the values behind the activations."""
        if self._rectifies():
            return before.relu()
        with torch.enable_grad():
            values = before.requires_grad_()
            for activation in self.activations:
                values = activation(values)
        return values

    def slope(self, before: Tensor, behind: Tensor, slope: Tensor) -> Tensor:
        """Return the gradient before the activations, given that behind them."""
        if behind is before:
            return slope
        if self._rectifies():  # as nearly always, and autograd would take longer to start than this takes
            # A product with a mask would take nine times as long.
            rectified: Tensor = torch.ops.aten.threshold_backward(slope, behind, 0)
            return rectified
        [found] = torch.autograd.grad(behind, before, slope, retain_graph=True)
        return found

    def _rectifies(self) -> bool:
        return len(self.activations) == 1 and type(self.activations[0]) is nn.ReLU


def layers_of(network: nn.Module, input_shape: tuple[int, ...]) -> list[Layer]:
    """Return the layers of a multi-layer perceptron, in the order in which they run.

    Args:
        network: The network.
        input_shape: Of one row.

    Raises:
        Unstackable: If it is something else.
    """
    found: list[tuple[nn.Linear, list[nn.Module]]] = []
    leaves = list(_leaves(network))
    if len(input_shape) > 1 and type(leaves[0]) is not nn.Flatten:
        raise Unstackable("it does not flatten its inputs")
    for module in leaves:
        if type(module) is nn.Linear:
            found.append((_plain(module), []))
        elif type(module) in _ACTIVATIONS and found:
            found[-1][1].append(module)
        elif not (type(module) is nn.Flatten and (module.start_dim, module.end_dim) == (1, -1)):
            raise Unstackable(f"it has a {type(module).__name__}")
    if not found:
        raise Unstackable("it has no linear layer")
    if len({id(linear) for linear, _ in found}) < len(found):
        raise Unstackable("it uses a layer twice")
    return [Layer(linear, tuple(activations)) for linear, activations in found]


def _leaves(module: nn.Module) -> Iterator[nn.Module]:
    if any(getattr(module, hooks) for hooks in _HOOKS):
        raise Unstackable("it has hooks")
    if type(module).forward in _CONTAINERS:
        for child in module._modules.values():  # children() would leave out what is there twice
            assert child is not None  # noqa: S101  for mypy
            yield from _leaves(child)
    else:
        yield module


def _plain(linear: nn.Linear) -> nn.Linear:
    if not all(each.requires_grad and each.dtype == torch.float32 for each in linear.parameters()):
        raise Unstackable("it has frozen weights, or such of another type than float32")
    return linear
