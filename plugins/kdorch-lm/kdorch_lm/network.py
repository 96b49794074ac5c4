"""The network of `TransformerLm`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, pad, scaled_dot_product_attention

import kdorch

if TYPE_CHECKING:
    from kdorch_lm.transformer import TransformerLm

_SLOWEST = 10_000.0  # the slowest pair turns once in so many tokens, about


class Transformer(nn.Module):
    """Tokens to the logits of those that follow.

    Args:
        spec: Its size.
        length: Tokens of a row.
        vocabulary: How many tokens there are.
    """

    turns: Tensor

    def __init__(self, spec: TransformerLm, length: int, vocabulary: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, spec.width)
        self.reach = spec.reach - 1
        self.near = nn.Conv1d(spec.width, spec.width, spec.reach, groups=spec.width, bias=False)
        self.blocks = nn.ModuleList(Block(spec) for _ in range(spec.layers))
        self.norm = nn.LayerNorm(spec.width)
        self.register_buffer("turns", _turns(length, spec.width // spec.heads), persistent=False)
        nn.init.normal_(self.embedding.weight, std=spec.width**-0.5)

    def forward(self, tokens: Tensor) -> kdorch.Output:
        """Return logits (rows, tokens, vocabulary), and what each block adds up to."""
        stream = self.embedding(tokens)
        before = pad(stream.transpose(1, 2), (self.reach, 0))  # nothing is seen of what comes later
        stream = stream + self.near(before).transpose(1, 2)
        features = {}
        for number, block in enumerate(self.blocks, start=1):
            stream = features[f"layer{number}"] = block(stream, self.turns)
        return kdorch.Output(self.norm(stream) @ self.embedding.weight.T, features)


class Block(nn.Module):
    """Attention to what was before, then a feed-forward layer; both add to the stream.

    Args:
        spec: Its size.
    """

    def __init__(self, spec: TransformerLm) -> None:
        super().__init__()
        width, wide = spec.width, spec.width * spec.expansion
        self.heads = spec.heads
        self.before_attention, self.before_layer = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attend, self.attended = (
            nn.Linear(width, 3 * width, bias=False),
            nn.Linear(width, width, bias=False),
        )
        self.widen, self.narrow = nn.Linear(width, wide, bias=False), nn.Linear(wide, width, bias=False)
        for last in (self.attended, self.narrow):  # so that the stream is not louder behind more blocks
            nn.init.normal_(last.weight, std=(2 * spec.layers * last.in_features) ** -0.5)

    def forward(self, stream: Tensor, turns: Tensor) -> Tensor:
        """Return the stream (rows, tokens, width) with what this block adds."""
        asked = self.attend(self.before_attention(stream)).unflatten(-1, (3, self.heads, -1))
        queries, keys, values = (each.transpose(1, 2) for each in asked.unbind(2))
        found = scaled_dot_product_attention(
            _turned(queries, turns), _turned(keys, turns), values, is_causal=True
        )
        stream = stream + self.attended(found.transpose(1, 2).flatten(2))
        added: Tensor = self.narrow(gelu(self.widen(self.before_layer(stream))))
        return stream + added


def _turns(length: int, size: int) -> Tensor:
    """Return cosine and sine of the angle that each pair has at each place: (2, length, size / 2)."""
    speeds = _SLOWEST ** -(torch.arange(0, size, 2) / size)
    angles = torch.arange(length).unsqueeze(1) * speeds
    return torch.stack((angles.cos(), angles.sin()))


def _turned(vectors: Tensor, turns: Tensor) -> Tensor:
    """Turn the pairs of vectors (rows, heads, tokens, size): how far two are apart decides how they fit."""
    (one, other), (cosine, sine) = vectors.chunk(2, -1), turns
    return torch.cat((one * cosine - other * sine, one * sine + other * cosine), -1)
