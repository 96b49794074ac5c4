"""Pruning rules to compare, behind one interface; ours is the very function that a study uses."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Protocol

from kdorch.kinds import Direction
from kdorch.study.pruning import Reached, stop

_OBJECTIVES: dict[str, Direction] = {"val/accuracy": "max", "size/params": "min"}
_FIRST = 5  # trials that no rule of Optuna's prunes
_WARM = 0.2  # share of the epochs, likewise
_RATE = 3  # ASHA: one in so many goes on at each rung
_BAND = math.log(1.65)  # students of about one size


class Rule(Protocol):
    """Decides when a training is given up."""

    def begin(self, params: int, epochs: int) -> Callable[[int, float], bool]:
        """Return what a training asks after each epoch, with its best score so far."""

    def end(self, curve: Sequence[float], params: int, epochs: int) -> None:
        """Hear of a training that is over: best scores so far, fewer than its epochs if it was given up."""


class Optimistic:
    """kdorch's."""

    def __init__(self) -> None:
        self._reached = Reached(_OBJECTIVES)

    def begin(self, params: int, epochs: int) -> Callable[[int, float], bool]:
        """Ask the bar that a trial would be placed with now."""
        bar = self._reached.bar(epochs)
        return stop(asdict(bar) if bar else None, {"size/params": params})

    def end(self, curve: Sequence[float], params: int, epochs: int) -> None:
        """Raise the bar by those that finished."""
        if len(curve) == epochs:
            self._reached.add(curve, {"val/accuracy": curve[-1], "size/params": params})


class Median:
    """Optuna's MedianPruner, which sees the accuracy alone."""

    def __init__(self) -> None:
        self._curves: list[Sequence[float]] = []

    def begin(self, params: int, epochs: int) -> Callable[[int, float], bool]:
        """Give up below the median of all others after as many epochs."""

        def ask(epoch: int, score: float) -> bool:
            others = [curve[epoch - 1] for curve in self._curves if len(curve) >= epoch]
            known = len(self._curves) >= _FIRST and _WARM * epochs <= epoch < epochs
            return known and bool(others) and score < statistics.median(others)

        return ask

    def end(self, curve: Sequence[float], params: int, epochs: int) -> None:
        """Remember it."""
        self._curves.append(curve)


class Halving:
    """ASHA (Li et al. 2020) among students of about one size, or among all.

    Args:
        bands: Whether students are only compared with those of about their size.
    """

    def __init__(self, *, bands: bool) -> None:
        self._bands, self._curves = bands, list[tuple[Sequence[float], int]]()

    def begin(self, params: int, epochs: int) -> Callable[[int, float], bool]:
        """Give up at a rung outside the best third of those that were there."""
        lowest = max(1, epochs // _RATE**2)
        rungs = {lowest * _RATE**power for power in range(3)} - {epochs}

        def ask(epoch: int, score: float) -> bool:
            if epoch not in rungs:
                return False
            reach = _BAND if self._bands else math.inf
            near = [curve for curve, size in self._curves if abs(math.log(size / params)) < reach]
            there = sorted(
                [score, *(curve[epoch - 1] for curve in near if len(curve) >= epoch)], reverse=True
            )
            return len(there) > _RATE and score < there[math.ceil(len(there) / _RATE) - 1]

        return ask

    def end(self, curve: Sequence[float], params: int, epochs: int) -> None:
        """Remember it."""
        self._curves.append((curve, params))


RULES: dict[str, Callable[[], Rule]] = {
    "optimistic": Optimistic,
    "median": Median,
    "ASHA": lambda: Halving(bands=False),
    "ASHA by size": lambda: Halving(bands=True),
}
