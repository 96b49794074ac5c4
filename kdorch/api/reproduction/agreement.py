"""Whether two trainings came out equal, number by number."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Verdict = Literal["bit for bit", "within 1e-4", "differs"]
TOLERANCE = 1e-4
"""Of a number, absolute or relative: how far rounding may take it in a stack, or on another machine."""

# What is not trained: how long it took, and what the test rows said, which are read once.
_BESIDE = ("cost/train_seconds", "latency/", "test/")


@dataclass(frozen=True)
class Difference:
    """Something that is not what it was.

    Attributes:
        name: What.
        before: What the record says; None where it was not there.
        now: What it is; None where it is not there.
    """

    name: str
    before: Any
    now: Any

    def __str__(self) -> str:
        was = "was not there" if self.before is None else f"was {self.before}"
        return f"{self.name} {was}, {'is no longer there' if self.now is None else f'is now {self.now}'}"


@dataclass(frozen=True)
class Outcome:
    """What came of a training.

    Attributes:
        weights: SHA-256 of the file.
        epoch: The best one.
        metrics: Finals.
        curves: Of each metric, its number of each epoch that has one.
    """

    weights: str
    epoch: int
    metrics: Mapping[str, float]
    curves: Mapping[str, Mapping[int, float]]


def verdict(*, exact: bool, further: Sequence[Difference], logits: float | None) -> Verdict:
    """Return how equal two trainings are.

    Args:
        exact: Whether every bit is the same.
        further: What is further apart than the tolerance.
        logits: How far their logits are apart at most; None where the weights of one do not fit the other.
    """
    if exact:
        return "bit for bit"
    near = not further and logits is not None and logits <= TOLERANCE
    return "within 1e-4" if near else "differs"


def apart(before: Outcome, now: Outcome, tolerance: float) -> list[Difference]:
    """Return each number that is further away than that; of a curve, the first.

    Args:
        before: One training.
        now: The other.
        tolerance: Absolute or relative; 0 for equal bit for bit.
    """
    return list(_differences(before, now, tolerance))


def _differences(before: Outcome, now: Outcome, tolerance: float) -> Iterator[Difference]:
    if before.epoch != now.epoch:
        yield Difference("the best epoch", before.epoch, now.epoch)
    yield from _numbers("{}", before.metrics, now.metrics, tolerance)
    for name in dict.fromkeys([*before.curves, *now.curves]):
        old, new = before.curves.get(name, {}), now.curves.get(name, {})
        yield from list(_numbers(f"{name} of epoch {{}}", old, new, tolerance))[:1]


def _numbers(
    name: str, before: Mapping[Any, float], now: Mapping[Any, float], tolerance: float
) -> Iterator[Difference]:
    for key in dict.fromkeys([*before, *now]):
        old, new = before.get(key), now.get(key)
        if not str(key).startswith(_BESIDE) and not _near(old, new, tolerance):
            yield Difference(name.format(key), old, new)


def _near(one: float | None, other: float | None, tolerance: float) -> bool:
    if one is None or other is None or math.isnan(one) or math.isnan(other):
        return one is other or (
            one is not None and other is not None and math.isnan(one) and math.isnan(other)
        )
    return math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance)
