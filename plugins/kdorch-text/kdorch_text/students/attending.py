"""The network of a small transformer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

import kdorch
from kdorch_text.students.reading import Embedding, mean_of

if TYPE_CHECKING:
    from kdorch_text.students.transformer import TextTransformer

_EXPANSION = 4  # units of a feed-forward layer, in widths


class Transformer(nn.Module):
    """Ids (rows, length) to logits.

    Args:
        spec: Its size.
        task: What is learnt.
    """

    def __init__(self, spec: TextTransformer, task: kdorch.Task) -> None:
        super().__init__()
        self.embedding = Embedding(spec.vocabulary, spec.width)
        self.positions = nn.Parameter(torch.zeros(task.input_shape[0], spec.width))
        self.blocks = nn.ModuleList(Block(spec) for _ in range(spec.layers))
        self.norm = nn.LayerNorm(spec.width)
        self.head = nn.Linear(spec.width, task.outputs)

    def forward(self, ids: Tensor) -> kdorch.Output:
        """Return logits and features."""
        there = ids > 0
        states = (self.embedding(ids) + self.positions) * there.unsqueeze(-1)
        features = {"embedded": states}
        for place, block in enumerate(self.blocks, 1):
            states = features[f"layer{place}"] = block(states, there)
        features["pooled"] = mean_of(self.norm(states), there)
        return kdorch.Output(self.head(features["pooled"]), features)


class Block(nn.Module):
    """Attention and feed-forward, each normalised before and added after.

    Args:
        spec: Its size.
    """

    def __init__(self, spec: TextTransformer) -> None:
        super().__init__()
        width, inner = spec.width, _EXPANSION * spec.width
        self.heads = spec.heads
        self.before_attention, self.before_units = nn.LayerNorm(width), nn.LayerNorm(width)
        self.asked, self.mixed = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.units = nn.Sequential(nn.Linear(width, inner), nn.GELU(), nn.Linear(inner, width))
        self.dropout = nn.Dropout(spec.dropout)

    def forward(self, states: Tensor, there: Tensor) -> Tensor:
        """Return new states (rows, length, width), 0 where there is no token.

        Args:
            states: Likewise.
            there: Which tokens there are, bool (rows, length).
        """
        states = states + self.dropout(self._attended(self.before_attention(states), there))
        states = states + self.dropout(self.units(self.before_units(states)))
        return states * there.unsqueeze(-1)

    def _attended(self, states: Tensor, there: Tensor) -> Tensor:
        parts = self.asked(states).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        query, key, value = parts.unbind(0)
        found = scaled_dot_product_attention(query, key, value, attn_mask=there[:, None, None, :])
        mixed: Tensor = self.mixed(found.transpose(1, 2).flatten(2))
        return mixed
