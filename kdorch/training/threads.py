"""How many threads a training gets that has the machine to itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

_SHORT = 2.0  # seconds of a training that is not worth to be tried with more threads than one
_GAIN = 1.2  # times as fast as with one thread: less is within what a busy machine does to a few steps
_HOPELESS = 3.0  # times as long as with one thread: not to be tried again
_TRIES = 3


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Have torch use so many threads for the duration."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def quickest(seconds: Callable[[], float], alone: float | None = None) -> tuple[int, float]:
    """Try a training with one thread and with all that torch has now.

    Small networks are slower with more threads, which then do little but wait for each other.

    Args:
        seconds: Trains a little and returns what the whole training would take.
        alone: What it takes with one thread, if that is known.

    Returns:
        How many threads it should have, and how many times as fast it is with them as with one.
    """
    most = torch.get_num_threads()
    if most == 1:
        return 1, 1.0
    alone = _least(seconds, 1) if alone is None else alone
    if alone < _SHORT:
        return 1, 1.0
    gain = alone / _least(seconds, most, hopeless=_HOPELESS * alone)
    return (most, gain) if gain >= _GAIN else (1, 1.0)


def _least(seconds: Callable[[], float], count: int, hopeless: float = math.inf) -> float:
    least = math.inf
    with torch_threads(count):
        for _ in range(_TRIES):  # the first one also pays for imports, and for the threads to start
            least = min(least, seconds())
            if least > hopeless:
                break
    return least
