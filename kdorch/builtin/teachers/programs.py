"""Whole models as bytes: the store keeps them, so that a teacher stays what it was when its file is gone."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, cast

import kdorch
from kdorch.errors import reason

if TYPE_CHECKING:
    from torch import Tensor, nn

PROGRAM = ".pt2"  # what torch.export writes; TorchScript is anything else


def packed(content: bytes) -> Tensor:
    """Return bytes as a tensor, as a teacher's state takes them."""
    import torch

    return torch.frombuffer(bytearray(content), dtype=torch.uint8)


def unpacked(tensor: Tensor) -> bytes:
    """Return the bytes of a tensor."""
    return bytes(tensor.numpy())


def opened(content: bytes, suffix: str) -> nn.Module:
    """Load an exported program or TorchScript. It may run whatever its maker put into it.

    Raises:
        DataError: If it is neither.
    """
    import torch

    try:
        with warnings.catch_warnings(action="ignore"):  # both warn about their own insides
            if suffix == PROGRAM:
                return cast("nn.Module", torch.export.load(io.BytesIO(content)).module())
            return cast("nn.Module", torch.jit.load(io.BytesIO(content), map_location="cpu").eval())
    except Exception as error:
        kind = "torch.export" if suffix == PROGRAM else "TorchScript"
        raise kdorch.DataError(f"the teacher's model cannot be loaded as {kind}: {reason(error)}") from error


def count(module: nn.Module) -> int:
    """Return how many parameters it has."""
    return sum(parameter.numel() for parameter in module.parameters())
