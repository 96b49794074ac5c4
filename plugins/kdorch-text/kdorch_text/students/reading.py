"""What students share: embeddings of the ids that they tell apart, and where there is a token."""

from __future__ import annotations

from torch import Tensor, nn

import kdorch

UNKNOWN = 1


class Embedding(nn.Module):
    """Ids (rows, length) to vectors (rows, length, width), 0 where there is no token.

    Args:
        vocabulary: Ids that are told apart; higher ones, which are rarer tokens, become unknown.
        width: Numbers per token.
    """

    def __init__(self, vocabulary: int, width: int) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self.table = nn.Embedding(vocabulary, width, padding_idx=0)
        nn.init.normal_(self.table.weight, std=width**-0.5)
        nn.init.zeros_(self.table.weight[0])

    def known(self, ids: Tensor) -> Tensor:
        """Return the ids, unknown in place of those that are not told apart."""
        return ids.where(ids < self.vocabulary, UNKNOWN)

    def forward(self, ids: Tensor) -> Tensor:
        """Return the vectors."""
        found: Tensor = self.table(self.known(ids))
        return found


def refuse_other_inputs(task: kdorch.Task, who: str) -> None:
    """Raise a ValueError where rows are not sequences of tokens."""
    if len(task.input_shape) != 1:
        raise ValueError(f"{who} takes ids of tokens (length,), not inputs of shape {task.input_shape}")


def mean_of(vectors: Tensor, there: Tensor) -> Tensor:
    """Return the mean over the tokens that are there, (rows, width); 0 for a row without any."""
    weights = there.unsqueeze(-1).to(vectors.dtype)
    return (vectors * weights).sum(1) / weights.sum(1).clamp(min=1)
