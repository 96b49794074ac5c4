"""Strings as 64-bit numbers, and tables of them: what a graph of tensor operations can look up.

The hash of the bytes c at positions k is the sum of (c + 1) * FACTOR ** k, modulo 2 ** 64, as int64 wraps
around. Two of a million strings share one with a probability below 1e-7.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

FACTOR = 0x9E3779B97F4A7C15  # odd, so that it can be divided by; its bits are those of the golden ratio
_MODULUS = 1 << 64
_NOTHING = 2**63 - 1


def powers(count: int, base: int = FACTOR) -> Tensor:
    """Return base ** 0, base ** 1 ... modulo 2 ** 64, int64 (count,)."""
    found = [1]
    for _ in range(count - 1):
        found.append(found[-1] * base % _MODULUS)
    return torch.tensor([_signed(value) for value in found])


def inverse_powers(count: int) -> Tensor:
    """Return what undoes each of the `powers`."""
    return powers(count, pow(FACTOR, -1, _MODULUS))


def hash_of(text: bytes) -> int:
    """Return the hash of a string."""
    total = sum((byte + 1) * pow(FACTOR, place, _MODULUS) for place, byte in enumerate(text))
    return _signed(total % _MODULUS)


def _signed(value: int) -> int:
    return value - _MODULUS if value >= _MODULUS // 2 else value


class Table(nn.Module):
    """Hashes to values, by binary search.

    Args:
        hashes: Different ones, int64 (entries,).
        values: What each stands for.
        size: Entries of the table, so that its shape does not depend on what is in it.
    """

    keys: Tensor
    values: Tensor

    def __init__(self, hashes: Tensor, values: Tensor, size: int) -> None:
        super().__init__()
        order = hashes.argsort()
        room = size - len(hashes)
        self.register_buffer("keys", torch.cat([hashes[order], hashes.new_full((room,), _NOTHING)]))
        self.register_buffer("values", torch.cat([values[order], values.new_zeros(room)]).int())

    def forward(self, hashes: Tensor) -> tuple[Tensor, Tensor]:
        """Return the values, int64, and whether each hash is known."""
        place = torch.searchsorted(self.keys, hashes.contiguous()).clamp(max=len(self.keys) - 1)
        return self.values[place].long(), self.keys[place] == hashes
