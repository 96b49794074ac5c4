"""Weights that change with the epochs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag

from kdorch.spec import Strict

_Weight = Annotated[float, Field(ge=0, strict=True)]


class Schedule(Strict):
    """A weight that moves from one value to another: a warm-up if it grows, a decay if it shrinks.

    ``{from: 0, to: 0.9, epochs: 3}`` is 0 in epoch 1, 0.3 in epoch 2, 0.6 in epoch 3, and 0.9 from then on.

    Attributes:
        from_: Weight in the first epoch; a study and its parameters call it ``from``.
        to: Weight from epoch ``epochs + 1`` on.
        epochs: How many epochs the way takes.
        shape: ``linear``; ``cosine``, slow at both ends; or ``step``, all at once after ``epochs``.
    """

    model_config = ConfigDict(populate_by_name=True)

    from_: Annotated[_Weight, Field(alias="from")]
    to: _Weight
    epochs: Annotated[int, Field(ge=1)]
    shape: Literal["linear", "cosine", "step"] = "linear"

    def at(self, epoch: int) -> float:
        """Return the weight in an epoch, counted from 1."""
        way = min((epoch - 1) / self.epochs, 1.0)
        if self.shape == "cosine":
            way = (1 - math.cos(math.pi * way)) / 2
        elif self.shape == "step":
            way = math.floor(way)
        return (1 - way) * self.from_ + way * self.to


def _form(value: Any) -> str:
    """Tell a schedule from a number; a range, which belongs under ``tune``, should have been a number."""
    range_ = isinstance(value, Mapping) and not {"low", "high"}.isdisjoint(value)
    schedule = isinstance(value, Schedule) or (isinstance(value, Mapping) and not range_)
    return "<schedule>" if schedule else "<number>"  # in brackets, to tell it from a key in error locations


Weight = Annotated[
    Annotated[_Weight, Tag("<number>")] | Annotated[Schedule, Tag("<schedule>")], Discriminator(_form)
]


def weight_at(weight: float | Schedule, epoch: int) -> float:
    """Return a weight in an epoch, counted from 1."""
    return weight.at(epoch) if isinstance(weight, Schedule) else weight


def highest(weight: float | Schedule) -> float:
    """Return the largest value that a weight may take."""
    return max(weight.from_, weight.to) if isinstance(weight, Schedule) else weight
