"""Ids of tokens, as they are."""

from __future__ import annotations

from torch import Tensor, nn


class AsTheyAre(nn.Module):
    """Ids in the type that embeddings take."""

    def forward(self, ids: Tensor) -> Tensor:
        """Return the ids, int64."""
        return ids.long()
