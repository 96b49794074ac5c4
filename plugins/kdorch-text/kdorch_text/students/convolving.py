"""Filters over a few tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

import kdorch
from kdorch_text.students.reading import Embedding

if TYPE_CHECKING:
    from kdorch_text.students.cnn import TextCnn

_SIZES = (2, 3, 4)  # tokens that a filter sees


class Convolutions(nn.Module):
    """Ids (rows, length) to logits.

    Args:
        spec: Its size.
        outputs: Logits per row.
    """

    def __init__(self, spec: TextCnn, outputs: int) -> None:
        super().__init__()
        self.embedding = Embedding(spec.vocabulary, spec.width)
        self.filters = nn.ModuleList(
            nn.Conv1d(spec.width, spec.filters, size, padding=size - 1) for size in _SIZES
        )
        self.dropout = nn.Dropout(spec.dropout)
        self.head = nn.Linear(len(_SIZES) * spec.filters, outputs)

    def forward(self, ids: Tensor) -> kdorch.Output:
        """Return logits and features.

        Padding has the vector 0, so a window without a token answers its bias, as it would beyond any end.
        """
        embedded = self.embedding(ids)
        channels = embedded.transpose(1, 2)
        found = torch.cat([one(channels).amax(2) for one in self.filters], 1).relu()
        return kdorch.Output(self.head(self.dropout(found)), {"embedded": embedded, "pooled": found})
