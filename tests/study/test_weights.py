"""Epochs in which every weight is 0."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from kdorch.builtin.losses.supervised import Supervised
from kdorch.study.weights import idle

LONG = 10**17  # epochs: nobody counts to that


def told(epochs: int, *weights: Any) -> list[str]:
    losses = {str(place): Supervised(weight=weight) for place, weight in enumerate(weights)}
    return [each.what for each in idle({"losses": losses, "train": SimpleNamespace(epochs=epochs)})]


def moving(start: float, end: float, epochs: int, shape: str = "linear") -> dict[str, Any]:
    return {"from": start, "to": end, "epochs": epochs, "shape": shape}


@pytest.mark.parametrize(
    ("epochs", "weights", "empty"),
    [
        (5, [moving(0, 1, 3)], 1),
        (5, [moving(1, 0, 3)], 4),
        (3, [moving(1, 0, 3)], None),
        (LONG, [moving(1, 0, 3, "cosine"), moving(0, 1, LONG - 1)], None),
        (LONG, [moving(1, 0, 3), moving(0, 1, LONG - 1, "step")], 4),
        (9, [moving(1, 0, 3), moving(0, 1, 3, "step")], None),
        (9, [moving(1, 0, 3), moving(0, 1, 4, "step")], 4),
        (9, [0, moving(1, 0, 5)], 6),
        (LONG, [0.1, moving(1, 0, 5)], None),
    ],
)
def test_the_first_epoch_without_a_weight_is_told(epochs: int, weights: list[Any], empty: int | None) -> None:
    expected = [] if empty is None else [f"every weight is 0 in epoch {empty}, so nothing is learnt there."]
    assert told(epochs, *weights) == expected
