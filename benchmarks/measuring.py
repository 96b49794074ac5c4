"""Two sides, interleaved, and the ratios of their costs."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks.processes import cpu_seconds

_NEAR, _ENOUGH = 0.015, 3


@dataclass
class Cost:
    """What one side took, once.

    Attributes:
        cpu: Seconds of this process and all its descendants.
        wall: Seconds on the clock.
        accuracies: Of what it trained, on the validation rows.
    """

    cpu: float = 0.0
    wall: float = 0.0
    accuracies: list[float] = field(default_factory=list)

    def per(self, count: int) -> Cost:
        """Return the share of each of so many trials."""
        return Cost(self.cpu / count, self.wall / count, self.accuracies)


Side = Callable[[int], Cost]


@contextmanager
def clock() -> Iterator[Cost]:
    """Measure what is done inside."""
    cost = Cost()
    cpu, wall = cpu_seconds(), time.perf_counter()
    yield cost
    cost.cpu, cost.wall = cpu_seconds() - cpu, time.perf_counter() - wall


def interleaved(sides: Mapping[str, Side], rounds: int, *, warm: bool = False) -> dict[str, list[Cost]]:
    """Run all sides once a round, forwards in even rounds and backwards in odd ones.

    Args:
        sides: What to run, by name; each is called with the number of the round, its seed.
        rounds: How often.
        warm: Whether to run each side once before, and not to count that.
    """
    found: dict[str, list[Cost]] = {name: [] for name in sides}
    for name in sides if warm else ():
        sides[name](0)
    for number in range(rounds):
        for name in list(sides)[:: -1 if number % 2 else 1]:
            found[name].append(sides[name](number))
    return found


def ratios(ours: Sequence[Cost], theirs: Sequence[Cost], of: str = "cpu") -> list[float]:
    """Return our cost divided by theirs, round by round."""
    return [getattr(one, of) / getattr(other, of) for one, other in zip(ours, theirs, strict=True)]


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the lower quartile, the median and the upper quartile."""
    if len(values) == 1:
        return (values[0],) * 3
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def mean_accuracy(costs: Iterable[Cost]) -> float:
    """Return the mean over all rounds and all that they trained."""
    return statistics.fmean(_accuracies(costs))


def shortfall(ours: Sequence[Cost], theirs: Sequence[Cost]) -> float | None:
    """Return by how much our mean accuracy is below theirs; None where too little was trained to tell."""
    if min(len(_accuracies(ours)), len(_accuracies(theirs))) < _ENOUGH:
        return None
    return mean_accuracy(theirs) - mean_accuracy(ours)


def tolerance(ours: Sequence[Cost], theirs: Sequence[Cost]) -> float:
    """Return what a shortfall may be where both are equally good.

    It is 0.015, or two standard errors of the difference of the means, whichever is larger.
    """
    sides = [_accuracies(costs) for costs in (ours, theirs)]
    variances = [statistics.variance(each) / len(each) for each in sides]
    return max(_NEAR, 2 * math.sqrt(sum(variances)))


def _accuracies(costs: Iterable[Cost]) -> list[float]:
    return [each for cost in costs for each in cost.accuracies]
