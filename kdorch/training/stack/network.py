"""K multi-layer perceptrons as one network, padded with zeros to the widest of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import torch
from torch import Tensor

from kdorch.training.stack.layers import Layer


class StackedMlp:
    """The weights of K perceptrons, layer by layer in one flat buffer, and their gradient in another.

    A unit that pads has only zeros before and behind it: it answers 0, gets the gradient 0 and stays as it
    is under any optimiser that works entry by entry. Nothing has to be masked.

    Autograd would cost as much as the arithmetic of small layers does, so the way back is written out; it is
    asked for the slope of activations only. Values are kept with the rows last, (K, units, rows): the units
    of all K are then the rows of one matrix, which the products with inputs that they share take as it is.

    Attributes:
        flat: All weights, shape (numbers,).
        gradient: Theirs, of the same shape, as `backward` set it.
        lanes: To which of the K each number belongs, shape (numbers,).

    Args:
        members: The layers of each network; their signatures are equal.
        parts: Their weights, padded: of each layer shape (K, outputs, inputs), and (K, outputs) of its bias.
    """

    def __init__(self, members: Sequence[Sequence[Layer]], parts: Sequence[Tensor]) -> None:
        self._members, self._shapes = list(members), [part.shape for part in parts]
        self.flat = joined(parts)
        self.gradient = torch.zeros_like(self.flat)
        self.lanes = torch.cat([_lane_of_each(part) for part in parts])
        self._views, self._slopes = self._by_layer(self.flat), self._by_layer(self.gradient)
        self._passed: list[tuple[Tensor, Tensor, Tensor]] = []

    @classmethod
    def of(cls, members: Sequence[Sequence[Layer]]) -> Self:
        """Return a stack of networks, with copies of their weights."""
        return cls(members, [_padded(tensors) for tensors in zip(*map(_tensors, members), strict=True)])

    def keep(self, lanes: Sequence[int]) -> Self:
        """Return a stack of some of the K, with copies of their weights."""
        return type(self)([self._members[lane] for lane in lanes], self.select(self.flat, lanes))

    def select(self, flat: Tensor, lanes: Sequence[int]) -> list[Tensor]:
        """Return the parts of some of the K out of a flat buffer."""
        return [part[lanes] for part in self._parts(flat)]

    def __len__(self) -> int:
        return len(self._members)

    @torch.no_grad()
    def __call__(self, inputs: Tensor) -> Tensor:
        """Return the logits, shape (K, rows, outputs); in memory the outputs come first, the rows last.

        Args:
            inputs: Shape (rows, units), the same for all, or (K, rows, units).
        """
        self._passed = []
        values = inputs.transpose(-1, -2)
        for layer, (weight, bias) in zip(self._members[0], self._views, strict=True):
            before = _linear(values, weight, bias)
            behind = layer.activate(before) if layer.activations else before
            self._passed.append((values, before, behind))
            values = behind.detach()
        # A loss that takes the rows of all K as those of one finds each output's beside each other.
        return values.transpose(0, 1).contiguous().permute(1, 2, 0)

    def backward(self, slope: Tensor) -> None:
        """Set the gradient, given that of the logits of the last call, shape (K, rows, outputs)."""
        slope = slope.transpose(1, 2)
        layers = zip(self._members[0], self._passed, self._views, self._slopes, strict=True)
        for place, (layer, passed, (weight, _), (to_weight, to_bias)) in reversed(list(enumerate(layers))):
            values, before, behind = passed
            slope = layer.slope(before, behind, slope)
            _multiply(slope, values, to_weight)
            if to_bias is not None:
                torch.sum(slope, 2, out=to_bias)
            if place:
                slope = torch.bmm(weight.transpose(1, 2), slope)

    def norms(self) -> Tensor:
        """Return the Euclidean norm of each one's gradient, shape (K,)."""
        each = [torch.linalg.vector_norm(part.flatten(1), dim=1) for part in self._parts(self.gradient)]
        norms: Tensor = torch.linalg.vector_norm(torch.stack(each), dim=0)
        return norms

    def copy_lanes(self, lanes: Sequence[int], source: Tensor, target: Tensor) -> None:
        """Copy the numbers of some of the K from a flat buffer into another."""
        places = torch.tensor(lanes, dtype=torch.long, device=target.device)
        for ours, theirs in zip(self._parts(source), self._parts(target), strict=True):
            theirs.index_copy_(0, places, ours.index_select(0, places))

    def _parts(self, flat: Tensor) -> list[Tensor]:
        parts = flat.split([shape.numel() for shape in self._shapes])
        return [part.view(shape) for part, shape in zip(parts, self._shapes, strict=True)]

    def _by_layer(self, flat: Tensor) -> list[tuple[Tensor, Tensor | None]]:
        """Return each layer's weight and its bias, if it has one."""
        parts = iter(self._parts(flat))
        biased = (layer.linear.bias is not None for layer in self._members[0])
        return [(next(parts), next(parts) if has_bias else None) for has_bias in biased]

    @torch.no_grad()
    def unload(self, flat: Tensor) -> None:
        """Give each network its weights out of a flat buffer."""
        for lane, tensors in enumerate(map(_tensors, self._members)):
            for part, tensor in zip(self._parts(flat), tensors, strict=True):
                tensor.copy_(_corner(part[lane], tensor))


def _tensors(member: Sequence[Layer]) -> list[Tensor]:
    linears = [layer.linear for layer in member]
    return [tensor for each in linears for tensor in (each.weight, each.bias) if tensor is not None]


def _corner(padded: Tensor, tensor: Tensor) -> Tensor:
    return padded[tuple(slice(0, length) for length in tensor.shape)]


def _padded(tensors: Sequence[Tensor]) -> Tensor:
    """Return tensors of one number of dimensions in one, each in a corner of its own."""
    widest = [max(lengths) for lengths in zip(*(tensor.shape for tensor in tensors), strict=True)]
    whole = tensors[0].new_zeros(len(tensors), *widest)
    for lane, tensor in zip(whole, tensors, strict=True):
        _corner(lane, tensor).copy_(tensor.detach())
    return whole


def joined(parts: Sequence[Tensor]) -> Tensor:
    """Return the flat buffer of some parts."""
    return torch.cat([part.reshape(-1) for part in parts])


def _lane_of_each(part: Tensor) -> Tensor:
    return torch.arange(len(part), device=part.device).repeat_interleave(part[0].numel())


def _linear(values: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Return what K linear layers make of values that they share, (units, rows), or of (K, units, rows)."""
    if values.dim() == 3:  # noqa: PLR2004
        return torch.bmm(weight, values) if bias is None else torch.baddbmm(bias[..., None], weight, values)
    every = weight.flatten(0, 1)
    found = every @ values if bias is None else torch.addmm(bias.view(-1, 1), every, values)
    return found.view(len(weight), -1, values.shape[1])


def _multiply(slope: Tensor, values: Tensor, out: Tensor) -> None:
    """Set the gradient of K weights, (K, outputs, inputs), by the slope of what they answered."""
    if values.dim() == 3:  # noqa: PLR2004
        torch.bmm(slope, values.transpose(1, 2), out=out)
    else:
        torch.mm(slope.reshape(-1, values.shape[1]), values.t(), out=out.flatten(0, 1))
