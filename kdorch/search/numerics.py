"""In which numerics a study's students are trained: what is quickest, as long as they learn as much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from kdorch.execution import Executor
from kdorch.search.calling import call_each
from kdorch.search.patience import TRY
from kdorch.study import Study

_TIMES, _SCORES = "kdorch.training.comparing:times", "kdorch.training.comparing:scores"
_MAPS = 3  # dimensions of an input that has channels: channels, height, width
_GAIN = 0.95  # of the time of what is plainer: less is within what a busy machine does to a few steps
_SHARE = 0.02  # of the search that a training may take which shows whether bfloat16 is as good
_SECONDS = 2.0  # that it may take at most


def numerics(
    study: Study, executor: Executor, spec: Mapping[str, Any], shape: list[int], workers: int
) -> dict[str, Any]:
    """Have the students at the ends of the search space tried, all at once.

    Args:
        study: The study.
        executor: Where to measure.
        spec: What `kdorch.training.placing.run` takes.
        shape: Of an input.
        workers: Trainings at once.

    Returns:
        The quickest ``memory_format`` and ``precision`` for all of them together, and ``figures``: the
        seconds that their whole trainings take by numerics, and the scores of short trainings by precision.
        Empty where there is nothing to decide.
    """
    if not _has_choice(study, shape):
        return {}
    each = [{**spec, "trials": [trial]} for trial in spec["trials"]]
    seconds = Counter[str]()
    for timed in call_each(executor, _TIMES, each, timeout=TRY):
        seconds.update(timed["seconds"])
    if not seconds:
        return {}
    best, halved = quickest(seconds, "float32"), quickest(seconds, "bfloat16")
    scores: list[dict[str, Any]] = []
    if seconds[halved] < _GAIN * seconds[best]:
        search = study.search.trials * seconds[best] / len(each) / workers
        asked = {"both": [best, halved], "seconds": min(_SECONDS, _SHARE * search)}
        found = call_each(executor, _SCORES, [one | asked for one in each], timeout=TRY)
        scores = [score for score in found if score]
        best = halved if scores and all(score["kept"] for score in scores) else best
    return wanted(best) | {"figures": {"seconds": dict(seconds), "scores": scores}}


def _has_choice(study: Study, shape: list[int]) -> bool:
    maps = study.train.memory_format == "auto" and len(shape) == _MAPS
    return not study.train.deterministic and (maps or study.train.precision == "auto")


def quickest(seconds: Mapping[str, float], precision: str) -> str:
    """Return which layout is quickest with a precision: the plainer one if the other hardly is."""
    plain, other = f"contiguous {precision}", f"channels_last {precision}"
    return other if seconds[other] < _GAIN * seconds[plain] else plain


def wanted(name: str) -> dict[str, str]:
    """Return numerics by their name, as settings."""
    memory_format, precision = name.split()
    return {"memory_format": memory_format, "precision": precision}
