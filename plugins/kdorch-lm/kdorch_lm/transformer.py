"""A transformer that tells the next token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import kdorch

if TYPE_CHECKING:
    from torch import nn


class TransformerLm(
    kdorch.Student,
    name="transformer_lm",
    tasks={"tokens"},
    provides={"features"},
    reference="Radford et al. 2019, Language Models are Unsupervised Multitask Learners; "
    "Su et al. 2021, RoFormer, arXiv:2104.09864; So et al. 2021, Primer, arXiv:2109.08668",
):
    """Pre-norm blocks of causal attention with rotary positions; the embedding is the head, too.

    Before the first block, a convolution adds to each token its nearest predecessors, channel by channel:
    blocks learn much sooner then what a word is.

    Its features are ``layer1``, ``layer2`` and so on: what the blocks so far add up to, of shape (rows,
    tokens, width).

    Not for texts without an order of reading: no token looks at one behind it.

    Attributes:
        layers: Blocks.
        width: Numbers per token, an even number for each head.
        heads: Heads of each attention; they share the width.
        expansion: Units of a feed-forward layer, in widths.
        reach: Tokens that the convolution sees, the last of which is the token itself.
    """

    layers: Annotated[int, Field(ge=1), kdorch.Range(1, 6)] = 2
    width: Annotated[int, Field(ge=2), kdorch.Range(32, 128, step=16)] = 64
    heads: Annotated[int, Field(ge=1), kdorch.Choice(1, 2, 4, 8)] = 4
    expansion: Annotated[int, Field(ge=1)] = 4
    reach: Annotated[int, Field(ge=1)] = 4

    def build(self, task: kdorch.Task) -> nn.Module:
        """Return the network.

        Raises:
            ValueError: If the heads cannot share the width, or inputs are no tokens.
        """
        from kdorch_lm.network import Transformer

        if self.width % (2 * self.heads):
            what = f"{self.width} numbers cannot be shared by {self.heads} heads that each turn pairs of them"
            raise ValueError(f"width: {what}. Write a multiple of {2 * self.heads}.")
        if len(task.input_shape) != 1:
            raise ValueError(f"it takes ids of tokens, (tokens,), not inputs of shape {task.input_shape}")
        return Transformer(self, task.input_shape[0], task.outputs)
