"""Two moons: a small problem whose shape is known, to see what a loss or a student does.

Every `kdorch` command loads this module, so torch is imported inside methods, where they need it at all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import kdorch
from pydantic import Field

if TYPE_CHECKING:
    from torch import Tensor, nn


class Placeholder(kdorch.Dataset, name="placeholder", tasks={"classification"}):
    """Points in the plane on two half circles that reach into each other, and which of the two each is on.

    Attributes:
        rows: Points in all; kdorch divides them into training, validation and test.
        noise: Deviation of a point from its half circle, whose radius is 1; from 0.2 on, the two overlap.
        seed: Which points; the same fields have to give the same rows.
    """

    # In one line: the type, what is allowed, and the default. All trials see the same rows, so nothing of
    # a dataset is searched; a loss or a student also says there, with kdorch.Range, what `auto` searches.
    rows: Annotated[int, Field(ge=20)] = 1000
    noise: Annotated[float, Field(ge=0)] = 0.2
    seed: Annotated[int, Field(ge=0)] = 0

    def load(self) -> kdorch.Columns:
        """Return all rows as they come: points of shape (rows, 2), float64, and 0 or 1."""
        from sklearn.datasets import make_moons

        points, moons = make_moons(self.rows, noise=self.noise, random_state=self.seed)
        return kdorch.Columns(points, moons, kdorch.Classification(labels=["upper", "lower"]))

    def preprocess(self, inputs: Tensor) -> nn.Module:
        """Return what makes them fit for a network; it learns from training rows, and is shipped."""
        return kdorch.Standardize(inputs)


@kdorch.hookimpl
def register_datasets(register: Callable[..., None]) -> None:
    """Offer the dataset; the entry point in pyproject.toml leads here."""
    register(Placeholder)
