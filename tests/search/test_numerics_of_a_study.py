"""When a study asks its own students which numerics are quickest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import kdorch
from kdorch.errors import ExecutionError
from kdorch.search.numerics import in_words, numerics

VECTORS, IMAGES = (64,), (1, 8, 8)
FOUND = {
    "memory_format": "channels_last",
    "precision": "float32",
    "figures": {"seconds": {"contiguous float32": 2.0, "channels_last float32": 1.3}, "scores": []},
}


class Answering:
    """Stands where an executor would, and notes that somebody asked."""

    def submit(self, job: Any) -> None:
        raise ExecutionError("somebody asked")


@pytest.fixture
def decided(tree: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def call(shape: tuple[int, ...], before: Any = None, **train: Any) -> dict[str, Any]:
        study = kdorch.Study(**tree(train=train))
        return numerics(study, Answering(), {"task": {"input_shape": shape}}, before)  # type: ignore[arg-type]

    return call


@pytest.mark.parametrize(
    ("shape", "train", "asks"),
    [
        (IMAGES, {}, True),
        (VECTORS, {"precision": "auto"}, True),
        (VECTORS, {}, False),
        (IMAGES, {"memory_format": "contiguous"}, False),
        (IMAGES, {"deterministic": True}, False),
    ],
)
def test_asks_only_where_there_is_a_choice(decided: Any, shape: Any, train: Any, asks: bool) -> None:
    found = decided(shape, **train)
    assert bool(found) == asks
    assert not asks or in_words(found) == "contiguous float32, as a first try failed: somebody asked"


def test_a_study_goes_on_as_it_began(decided: Any) -> None:
    assert decided(IMAGES, FOUND) == FOUND


def test_the_log_says_what_it_gains() -> None:
    expected = "channels_last float32, which takes 0.65 of the time of contiguous float32"
    assert in_words(FOUND) == expected
