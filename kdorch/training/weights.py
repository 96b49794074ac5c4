"""Weights as safetensors takes them."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, contiguous_format


def storable(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return copies: safetensors refuses tied weights, which share memory, and unusual memory layouts."""
    return {name: tensor.clone(memory_format=contiguous_format) for name, tensor in state.items()}
