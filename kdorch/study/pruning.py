"""When a training is given up: as soon as not even a lucky rest of it could bring it onto the front.

The search writes down what its finished trials reached, and places each trial with that bar; whoever trains
asks it after each epoch, so that no message has to reach a training that runs. This lives below both, as
limits do.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from kdorch.kinds import Direction

Stop = Callable[[int, float], bool]  # asked after each epoch, with the best score so far

_ENOUGH = 4  # finished trials that say something about the next one
_LUCKY = 0.15  # the share of finished trials whose error shrank most says what may be hoped for
_REMEMBERED = 500  # finished trials; the newest, which are most like the next one


@dataclass(frozen=True)
class Bar:
    """What finished trials reached; nothing but JSON, so that it travels with a trial.

    Attributes:
        objectives: Metric to direction; the first is the score.
        hope: For each epoch of the trial, the share of its error that a lucky one has left at the end.
        front: Costs of the finished trials that no other dominates, in the order of the objectives.
    """

    objectives: Mapping[str, Direction]
    hope: Sequence[float]
    front: Sequence[Sequence[float]]

    def hopeless(self, epoch: int, score: float, known: Mapping[str, float]) -> bool:
        """Whether a finished trial dominates this one even after a lucky rest of its training.

        Args:
            epoch: How many are done; after the last there is nothing left to save.
            score: The best so far, as the weights of the best epoch are kept.
            known: What was measured before training; if an objective is missing, there is always hope.
        """
        metric, *others = self.objectives
        if epoch >= len(self.hope) or not known.keys() >= set(others):
            return False
        error, *rest = _costs({**known, metric: score}, self.objectives)
        return any(_covers(point, [error * self.hope[epoch - 1], *rest]) for point in self.front)


class Reached:
    """Gathers what the finished trials of a search reached.

    What a score that is maximised lacks of 1 is its error; one that is minimised is an error itself. Where
    that turns out negative it is none, and nobody is given up.
    """

    def __init__(self, objectives: Mapping[str, Direction]) -> None:
        self._objectives = dict(objectives)
        self._left: deque[np.ndarray] = deque(maxlen=_REMEMBERED)
        self._front: list[list[float]] = []

    def add(self, curve: Sequence[float], metrics: Mapping[str, float], *, eligible: bool = True) -> None:
        """Take in a finished trial.

        Args:
            curve: Its best score so far after each epoch; empty if nobody knows.
            metrics: Its objectives, at least.
            eligible: Whether it keeps the limits of the study: only then does it stand in the way of others.
        """
        if len(curve):
            direction = next(iter(self._objectives.values()))
            errors = np.array([_cost(score, direction) for score in curve])
            left = np.divide(errors[-1], errors, out=np.zeros_like(errors), where=errors > 0)
            self._left.append(np.concatenate([[0.0], left]))  # before an epoch is done, all may be hoped for
        costs = _costs(metrics, self._objectives)
        if eligible and not any(_covers(point, costs) for point in self._front):
            self._front = [*(point for point in self._front if not _covers(costs, point)), costs]

    def bar(self, epochs: int) -> Bar | None:
        """Return what to beat, for a trial of so many epochs; None if too little is known to give anyone up.

        Trials of other lengths are compared by the share of their epochs that is done.
        """
        if len(self._left) < _ENOUGH or any(point[0] < 0 for point in self._front):
            return None
        done = np.arange(1, epochs + 1)
        left = [each[done * (len(each) - 1) // epochs] for each in self._left]
        hope = np.quantile(left, _LUCKY, axis=0)
        return Bar(self._objectives, [_short(share) for share in hope], self._front)


def best_so_far(curve: Sequence[float], direction: Direction) -> list[float]:
    """Return the best score up to each epoch, short enough to write it down for each trial."""
    best = np.maximum if direction == "max" else np.minimum
    return [_short(score) for score in best.accumulate(curve)]


def stop(bar: Mapping[str, Any] | None, known: Mapping[str, float], until: int | None = None) -> Stop:
    """Return what a training asks after each epoch: whether it is to be given up.

    Args:
        bar: The fields of a `Bar`, or None where nobody is given up.
        known: What was measured of this student before training.
        until: After which epoch it was given up before, where a training is done again.
    """
    if until is not None:
        return partial(_after, until)
    return partial(Bar(**bar).hopeless, known=known) if bar else never


def _after(until: int, epoch: int, _score: float) -> bool:
    return epoch >= until


def never(_epoch: int, _score: float) -> bool:
    """Give nobody up."""
    return False


def _short(number: float) -> float:
    return float(f"{number:.5g}")


def _cost(value: float, direction: Direction) -> float:
    return 1 - value if direction == "max" else value


def _costs(metrics: Mapping[str, float], objectives: Mapping[str, Direction]) -> list[float]:
    return [_cost(metrics[metric], direction) for metric, direction in objectives.items()]


def _covers(one: Sequence[float], other: Sequence[float]) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True))
