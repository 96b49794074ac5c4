"""The front while a study runs, and what to say of it."""

from __future__ import annotations

from collections.abc import Mapping

from kdorch.kinds import Direction


class Running:
    """Keeps the front of the trials that it is told of; needs no table.

    Args:
        objectives: Metric to direction, the quality first.
    """

    def __init__(self, objectives: Mapping[str, Direction]) -> None:
        self._objectives = list(objectives.items())
        self._front: list[list[float]] = []  # costs, all to be minimised
        self._pruned = 0

    def add(self, metrics: Mapping[str, float] | None) -> None:
        """Take a trial in, if nothing seen so far dominates it; one without metrics was pruned."""
        if metrics is None:
            self._pruned += 1
            return
        new = [_sign(direction) * metrics[metric] for metric, direction in self._objectives]
        if any(_covers(old, new) for old in self._front):
            return
        self._front = [*(old for old in self._front if not _covers(new, old)), new]

    def __str__(self) -> str:
        if not self._front:
            return ""
        metric, direction = self._objectives[0]
        best = _sign(direction) * min(point[0] for point in self._front)
        pruned = f", pruned {self._pruned}" if self._pruned else ""
        return f"best {metric} {best:.4f}, front {len(self._front)}{pruned}"


def _sign(direction: Direction) -> int:
    return -1 if direction == "max" else 1


def _covers(one: list[float], other: list[float]) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True))
