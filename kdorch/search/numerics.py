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
    timed = [found["seconds"] for found in call_each(executor, _TIMES, each, timeout=TRY)]
    seconds = sum(map(Counter, timed), Counter[str]())
    if not seconds:
        return {}
    best, halved = quickest(seconds, "float32"), quickest(seconds, "bfloat16")
    scores: list[dict[str, Any]] = []
    if seconds[halved] < _GAIN * seconds[best]:
        search = study.search.trials * seconds[best] / sum(map(bool, timed)) / workers
        most = min(_SECONDS, _SHARE * search)
        short = [
            one | {"trials": [_short(one["trials"][0], took[best], most)], "both": [best, halved]}
            for one, took in zip(each, timed, strict=True)
            if took
        ]
        scores = [found for found in call_each(executor, _SCORES, short, timeout=TRY) if found]
        best = halved if scores and all(found["kept"] for found in scores) else best
    return wanted(best) | {"figures": {"seconds": dict(seconds), "scores": scores}}


def _short(trial: Mapping[str, Any], whole: float, seconds: float) -> dict[str, Any]:
    """Return a trial with as many epochs as fit in some seconds, one at least."""
    train = trial["train"]
    epochs = max(1, min(train["epochs"], int(train["epochs"] * seconds / whole)))
    return {**trial, "train": {**train, "epochs": epochs}}


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
