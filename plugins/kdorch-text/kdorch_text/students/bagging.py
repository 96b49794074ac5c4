"""The mean over the vectors of words and of pairs of neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from kdorch_text.students.reading import Embedding, mean_of

if TYPE_CHECKING:
    from kdorch_text.students.bag import Bag

_FACTOR = 1_000_003  # a prime, to spread pairs over their vectors


class Mean(nn.Module):
    """Ids (rows, length) to one vector for each row, (rows, width).

    Args:
        spec: Its size.
    """

    def __init__(self, spec: Bag) -> None:
        super().__init__()
        self.words = Embedding(spec.vocabulary, spec.width)
        self.pairs = Embedding(spec.pairs + 1, spec.width) if spec.pairs else None
        self.keep = 1 - spec.dropout

    def forward(self, ids: Tensor) -> Tensor:
        """Return the mean of what is there."""
        vectors, there = self.words(ids), ids > 0
        if self.pairs is not None:
            couples = self._couples(self.words.known(ids), self.pairs.vocabulary - 1)
            vectors = torch.cat([vectors, self.pairs(couples)], 1)
            there = torch.cat([there, couples > 0], 1)
        if self.training and self.keep < 1:
            there = there & (torch.rand(there.shape, device=there.device) < self.keep)
        return mean_of(vectors, there)

    @staticmethod
    def _couples(ids: Tensor, vectors: int) -> Tensor:
        """Return which vector each pair of neighbours has, from 1; 0 where there is no second one."""
        first, second = ids[:, :-1], ids[:, 1:]
        return ((first * _FACTOR + second) % vectors + 1).where(second > 0, 0)
