"""Fields that several teachers have."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator

Answers = Literal["logits", "probabilities"]
Inputs = Literal["prepared", "raw"]


def _several(count: int) -> int:
    if count < 2:  # noqa: PLR2004
        raise ValueError("should be 2 or more: each of so many teachers leaves out its share of the rows")
    return count


Folds = Annotated[int, AfterValidator(_several)]
