"""A perceptron whose first layer is squeezed, for wide inputs.

Every `kdorch` command loads this module, so torch is imported inside methods, where they need it at all.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import kdorch
from pydantic import Field

if TYPE_CHECKING:
    from torch import nn


class Placeholder(kdorch.Student, name="placeholder", provides={"features"}):
    """A hidden layer of ReLU whose input weights are a product of two thin matrices.

    Most weights of a small network on wide inputs are in its first layer; here `rank` says how many remain.

    Attributes:
        rank: Numbers that a row is squeezed to.
        width: Units of the hidden layer.
    """

    # In one line: the type, what is allowed, what `auto` searches, and the default.
    rank: Annotated[int, Field(ge=1), kdorch.Range(2, 16)] = 8
    width: Annotated[int, Field(ge=1), kdorch.Range(8, 64, log=True)] = 32

    def build(self, task: kdorch.Task) -> nn.Module:
        """Return the network with fresh weights; what the stages before the last answer are its features."""
        from torch import nn

        inputs = math.prod(task.input_shape)
        squeezed = nn.Sequential(nn.Flatten(), nn.Linear(inputs, self.rank, bias=False))
        hidden = nn.Sequential(nn.Linear(self.rank, self.width), nn.ReLU())
        return kdorch.Stages(squeezed=squeezed, hidden=hidden, head=nn.Linear(self.width, task.outputs))


@kdorch.hookimpl
def register_students(register: Callable[..., None]) -> None:
    """Offer the student; the entry point in pyproject.toml leads here."""
    register(Placeholder)
