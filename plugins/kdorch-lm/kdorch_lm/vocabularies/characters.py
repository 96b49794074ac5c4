"""Each character is a token; the shipped model takes code points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from kdorch_lm.vocabularies import UNKNOWN

_USAGE = '''import numpy as np


def encode(texts):
    """Rows of a list of texts: the code points of their last {length} characters.

    0 fills a short row from behind, where nothing looks. The logits at place N, counted from 0, are of the
    character that follows the first N + 1.
    """
    rows = np.zeros((len(texts), {length}), np.int32)
    for row, text in zip(rows, texts):
        codes = [ord(character) for character in text[-{length}:]]
        row[: len(codes)] = codes
    return rows'''


MOST = 4095  # characters that have an entry: more than any alphabet, and as many slots in the shipped model


@dataclass(frozen=True)
class Characters:
    """The characters of a text by falling frequency, behind one for all others.

    Attributes:
        codes: Code points, in the order of their ids from 1 on.
    """

    codes: tuple[int, ...]

    @classmethod
    def of(cls, codes: np.ndarray) -> Characters:
        """Return the characters that occur among code points, the most frequent where they are very many."""
        known, counts = np.unique(codes[codes > 0], return_counts=True)
        return cls(tuple(known[np.argsort(-counts, kind="stable")][:MOST].tolist()))

    @property
    def labels(self) -> tuple[str, ...]:
        """The characters."""
        return (UNKNOWN, *map(chr, self.codes))

    @property
    def characters(self) -> tuple[int, ...]:
        """One each."""
        return (1,) * (len(self.codes) + 1)

    @property
    def unknown(self) -> int:
        """The first entry."""
        return 0

    def encode(self, text: str) -> np.ndarray:
        """Return the ids of the characters."""
        ids: np.ndarray = self.module()(torch.from_numpy(code_points(text))).numpy()
        return ids

    def shipped(self, text: str, tokens: np.ndarray) -> np.ndarray:
        """Return the code points."""
        return code_points(text)

    def module(self) -> CodePoints:
        """Return what makes ids of code points."""
        return CodePoints(self.codes)

    def usage(self, length: int) -> str:
        """Return Python that makes code points of texts."""
        return _USAGE.format(length=length)


def code_points(text: str) -> np.ndarray:
    """Return the code point of each character."""
    return np.frombuffer(text.encode("utf-32-le"), np.int32).copy()


class CodePoints(nn.Module):
    """Code points to ids; what is unknown becomes 0.

    Args:
        codes: In the order of their ids from 1 on.
    """

    codes: Tensor
    ids: Tensor

    def __init__(self, codes: Sequence[int]) -> None:
        super().__init__()
        slots = torch.full((MOST,), torch.iinfo(torch.int32).max, dtype=torch.int32)  # none is so large
        slots[: len(codes)] = torch.tensor(codes, dtype=torch.int32)
        order = slots.argsort(stable=True)
        self.register_buffer("codes", slots[order].contiguous())
        self.register_buffer("ids", torch.where(order < len(codes), order + 1, 0))

    def forward(self, codes: Tensor) -> Tensor:
        """Return ids, int64, of code points of any shape."""
        places = torch.searchsorted(self.codes, codes.contiguous()).clamp(max=MOST - 1)
        return torch.where(self.codes[places] == codes, self.ids[places], 0)
