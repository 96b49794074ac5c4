"""A small transformer for texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import kdorch
from kdorch_text.students import TASKS

if TYPE_CHECKING:
    from torch import nn


class TextTransformer(
    kdorch.Student,
    name="text_transformer",
    tasks=TASKS,
    provides={"features"},
    reference="Vaswani et al. 2017, Attention Is All You Need, arXiv:1706.03762",
):
    """Embeddings with learnt positions, blocks of attention and feed-forward, the mean over the tokens.

    Its features are ``embedded``, ``layer1``, ``layer2`` ..., what each block answers (rows, length, width),
    0 where there is no token, and ``pooled``, their mean over the tokens after the last (rows, width).

    Not for some thousand texts without more to learn from, where a bag does as well for less.

    Attributes:
        vocabulary: Tokens that are told apart; rarer ones are unknown.
        width: Numbers per token, a multiple of the heads.
        layers: Blocks.
        heads: Heads of each attention; they share the width.
        dropout: Of each block's answers, in training.
    """

    vocabulary: Annotated[int, Field(ge=2), kdorch.Range(1000, 20_000, log=True)] = 5000
    width: Annotated[int, Field(ge=4), kdorch.Range(16, 96, step=16)] = 32
    layers: Annotated[int, Field(ge=1), kdorch.Range(1, 4)] = 2
    heads: Annotated[int, Field(ge=1), kdorch.Choice(1, 2, 4)] = 2
    dropout: Annotated[float, Field(ge=0, lt=1), kdorch.Range(0.0, 0.3)] = 0.1

    def build(self, task: kdorch.Task) -> nn.Module:
        """Return the network.

        Raises:
            ValueError: If inputs are not ids of tokens, or heads do not divide the width.
        """
        from kdorch_text.students.attending import Transformer
        from kdorch_text.students.reading import refuse_other_inputs

        refuse_other_inputs(task, self.name)
        if self.width % self.heads:
            raise ValueError(f"{self.heads} heads do not divide a width of {self.width}")
        return Transformer(self, task)
