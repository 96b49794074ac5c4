"""In which memory layout and precision a study's students are trained, decided by measurement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kdorch.errors import KdorchError
from kdorch.execution import Executor
from kdorch.search.estimate import trials_at_the_ends
from kdorch.search.prepare import call
from kdorch.study import Study

_PROBE = "kdorch.training.comparing:run"
_MAPS = 3  # dimensions of an input that has channels: channels, height, width


def numerics(
    study: Study, executor: Executor, shared: Mapping[str, Any], before: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the ``memory_format`` and ``precision`` that are quickest; empty where nothing is to be decided.

    Args:
        study: The study.
        executor: Where to measure.
        shared: What all its trainings share.
        before: What was decided when the study was begun: it goes on as it was.
    """
    if before is not None:
        return dict(before)
    maps = study.train.memory_format == "auto" and len(shared["task"]["input_shape"]) == _MAPS
    if study.train.deterministic or not (maps or study.train.precision == "auto"):
        return {}
    try:
        return call(executor, _PROBE, {**shared, "trials": trials_at_the_ends(study)})
    except KdorchError as error:
        return {"why": f"contiguous float32, as a first try failed: {error}"}


def in_words(found: Mapping[str, Any]) -> str:
    """Return what was decided, for the log; nothing where it is as it would be anyway."""
    if "memory_format" not in found:
        return str(found["why"])
    seconds = found["figures"]["seconds"]
    chosen, plain = f"{found['memory_format']} {found['precision']}", "contiguous float32"
    share = seconds[chosen] / seconds[plain] if seconds[plain] else 1.0
    return "" if chosen == plain else f"{chosen}, which takes {share:.2f} of the time of {plain}"
