"""How many threads a training gets, by what a few steps of it take."""

from __future__ import annotations

import pytest
import torch

from kdorch.training.threads import quickest, torch_threads


@pytest.mark.parametrize(
    ("alone", "together", "found"),
    [
        (10.0, 5.0, (3, 2.0)),
        (10.0, 9.0, (1, 1.0)),  # no more than a busy machine may do to a few steps
        (10.0, 20.0, (1, 1.0)),
        (1.0, 0.1, (1, 1.0)),  # over before the trying would be worth it
    ],
)
def test_more_threads_have_to_be_worth_it(alone: float, together: float, found: tuple[int, float]) -> None:
    with torch_threads(3):
        assert quickest(lambda: {1: alone, 3: together}[torch.get_num_threads()]) == found
        assert torch.get_num_threads() == 3


def test_the_first_try_pays_for_imports() -> None:
    tried = {1: iter([99.0, 8.0, 9.0]), 2: iter([20.0, 5.0, 4.0])}
    with torch_threads(2):
        assert quickest(lambda: next(tried[torch.get_num_threads()])) == (2, 2.0)


def test_what_is_hopeless_is_tried_once() -> None:
    tried = {1: iter([10.0] * 3), 2: iter([31.0])}
    with torch_threads(2):
        assert quickest(lambda: next(tried[torch.get_num_threads()])) == (1, 1.0)


def test_what_is_known_of_one_thread_is_not_tried_again() -> None:
    with torch_threads(2):
        assert quickest(lambda: {2: 5.0}[torch.get_num_threads()], 10.0) == (2, 2.0)
        assert quickest(lambda: 1 / 0, 1.0) == (1, 1.0)


def test_nothing_is_tried_where_there_is_one_thread() -> None:
    with torch_threads(1):
        assert quickest(lambda: 1 / 0) == (1, 1.0)
