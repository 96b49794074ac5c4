"""One measured figure, with all that is needed to judge it."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.measuring import Cost, mean_accuracy, quartiles, ratios, shortfall, tolerance


@dataclass(frozen=True)
class Figure:
    """What was measured.

    Attributes:
        label: Which of the row's bounds it is for.
        rounds: One value each.
        sides: Medians of CPU and wall seconds and the mean accuracy, by side.
        fair: Whether ours was as accurate; None where too little was trained to tell.
        notes: What a reader should know beside it.
    """

    label: str
    rounds: Sequence[float]
    sides: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    fair: bool | None = None
    notes: Sequence[str] = ()

    @property
    def value(self) -> float:
        """The median over the rounds."""
        return quartiles(self.rounds)[1]

    def facts(self) -> dict[str, Any]:
        """Return all of it as JSON."""
        low, middle, high = quartiles(self.rounds)
        return asdict(self) | {"median": middle, "quartiles": [low, high]}


def compared(
    label: str,
    found: Mapping[str, Sequence[Cost]],
    ours: str,
    theirs: str,
    of: str = "cpu",
    notes: Sequence[str] = (),
) -> Figure:
    """Return the ratio of two of the sides that ran in the same rounds."""
    below, fair = shortfall(found[ours], found[theirs]), None
    if below is not None:
        fair = below <= tolerance(found[ours], found[theirs])
    sides = {name: _side(found[name]) for name in (ours, theirs)}
    return Figure(label, ratios(found[ours], found[theirs], of), sides, fair, notes)


def _side(costs: Sequence[Cost]) -> dict[str, float]:
    side = {
        "cpu": statistics.median(cost.cpu for cost in costs),
        "wall": statistics.median(cost.wall for cost in costs),
    }
    return side | ({"accuracy": mean_accuracy(costs)} if any(cost.accuracies for cost in costs) else {})
