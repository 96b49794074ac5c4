"""How trials are placed on workers: how many of them in one stack, decided by measurement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from kdorch.errors import KdorchError
from kdorch.execution import Executor
from kdorch.search.estimate import trials_at_the_ends
from kdorch.search.prepare import call
from kdorch.study import Study

_PROBE = "kdorch.training.placing:run"
_GAIN = 0.9  # of the time of one by one: less is within what a busy machine does to a few steps


@dataclass(frozen=True)
class Placement:
    """How many trials share a job, and what speaks for it.

    Attributes:
        stack: Most trials of one job, trained as one where they are alike.
        why: In words.
        seconds: Of a few steps of a trial, by the size of the stack it is in; empty if nothing was measured.
    """

    stack: int = 1
    why: str = ""
    seconds: dict[str, float] = field(default_factory=dict)

    def facts(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return asdict(self)


def place(
    study: Study, executor: Executor, shared: Mapping[str, Any], before: Mapping[str, Any] | None
) -> Placement:
    """Decide how a study's trials are placed.

    Args:
        study: The study.
        executor: Where to measure.
        shared: What all its trainings share.
        before: What was decided when the study was begun: it goes on as it was.
    """
    if study.train.deterministic:
        return Placement(why="one by one, as train.deterministic wants")
    if study.search.stack != "auto":
        return Placement(study.search.stack, "as search.stack says")
    if before is not None:
        return Placement(**before)
    try:
        found = call(executor, _PROBE, {**shared, "trials": trials_at_the_ends(study)})
    except KdorchError as error:
        return Placement(why=f"one by one, as a first try failed: {error}")
    return _decided(found["seconds"], found["reasons"])


def _decided(seconds: Mapping[str, float], reasons: list[str]) -> Placement:
    best = min(seconds, key=lambda size: seconds[size])
    alone, least = seconds["1"], seconds[best]
    measured = {size: round(each, 6) for size, each in seconds.items()}
    if least < _GAIN * alone:
        why = f"up to {best} as one, which takes {least / alone:.2f} of the time of one by one"
        return Placement(int(best), why, measured)
    because = f", as {reasons[0]}" if reasons else ", which is quickest"
    return Placement(1, f"one by one{because}", measured)
