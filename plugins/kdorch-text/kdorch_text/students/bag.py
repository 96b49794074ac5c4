"""A bag of embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

import kdorch
from kdorch_text.students import TASKS

if TYPE_CHECKING:
    from torch import nn


class Bag(
    kdorch.Student,
    name="bag",
    tasks=TASKS,
    provides={"features"},
    reference="Joulin et al. 2017, Bag of Tricks for Efficient Text Classification, arXiv:1607.01759",
):
    """The mean of the vectors of words, and of pairs of neighbours, then a linear layer.

    Its feature ``pooled`` is that mean, (rows, width).

    Not for what depends on order over more than two words.

    Attributes:
        vocabulary: Words that are told apart; rarer ones are unknown.
        width: Numbers per word.
        pairs: Vectors that pairs of neighbours share, found by a hash; 0 for words alone.
        dropout: Share of the words that are left out in training.
    """

    vocabulary: Annotated[int, Field(ge=2), kdorch.Range(1000, 20_000, log=True)] = 5000
    width: Annotated[int, Field(ge=1), kdorch.Range(4, 64, log=True)] = 16
    pairs: Annotated[int, Field(ge=0), kdorch.Choice(0, 5000, 20_000)] = 0
    dropout: Annotated[float, Field(ge=0, lt=1), kdorch.Range(0.0, 0.5)] = 0.2

    def build(self, task: kdorch.Task) -> nn.Module:
        """Return the network.

        Raises:
            ValueError: If inputs are not ids of tokens.
        """
        from torch import nn

        from kdorch_text.students.bagging import Mean
        from kdorch_text.students.reading import refuse_other_inputs

        refuse_other_inputs(task, self.name)
        return kdorch.Stages(pooled=Mean(self), head=nn.Linear(self.width, task.outputs))
