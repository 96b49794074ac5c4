"""A convolutional network for texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import kdorch
from kdorch_text.students import TASKS

if TYPE_CHECKING:
    from torch import nn


class TextCnn(
    kdorch.Student,
    name="text_cnn",
    tasks=TASKS,
    provides={"features"},
    reference="Kim 2014, Convolutional Neural Networks for Sentence Classification, arXiv:1408.5882",
):
    """Filters over 2, 3 and 4 tokens, the largest answer of each, then a linear layer.

    Its features are ``embedded``, the tokens' vectors (rows, length, width), and ``pooled``, the largest
    answers (rows, 3 * filters).

    Attributes:
        vocabulary: Tokens that are told apart; rarer ones are unknown.
        width: Numbers per token.
        filters: Of each length.
        dropout: Share of the largest answers that are left out in training.
    """

    vocabulary: Annotated[int, Field(ge=2), kdorch.Range(1000, 20_000, log=True)] = 5000
    width: Annotated[int, Field(ge=1), kdorch.Range(8, 64, log=True)] = 32
    filters: Annotated[int, Field(ge=1), kdorch.Range(8, 64, log=True)] = 32
    dropout: Annotated[float, Field(ge=0, lt=1), kdorch.Range(0.0, 0.5)] = 0.3

    def build(self, task: kdorch.Task) -> nn.Module:
        """Return the network.

        Raises:
            ValueError: If inputs are not ids of tokens.
        """
        from kdorch_text.students.convolving import Convolutions
        from kdorch_text.students.reading import refuse_other_inputs

        refuse_other_inputs(task, self.name)
        return Convolutions(self, task.outputs)
