"""In which numerics a study's students are trained: what is quickest, as long as they learn as much."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from kdorch.execution import Executor
from kdorch.search.calling import call_each
from kdorch.search.patience import TRY
from kdorch.study import Study

_TIMES, _SCORE = "kdorch.training.comparing:times", "kdorch.training.comparing:score"
_PRECISIONS = ("float32", "bfloat16")
_MAPS = 3  # dimensions of an input that has channels: channels, height, width
_GAIN = 0.95  # of the time of what is plainer: less is within what a busy machine does to a few steps
_SHARE = 0.02  # of the search that trainings may take which show whether bfloat16 is as good
_SECONDS = 2.0  # that each may take at most


@dataclass(frozen=True)
class Tried:
    """What has come of it.

    Attributes:
        chosen: The quickest ``memory_format`` and ``precision`` for all students together, and ``figures``:
            the seconds that their whole trainings take by numerics, and the scores of short trainings by
            precision. Empty where there is nothing to decide.
        alone: The seconds of each student's whole training so, by its trial's name; while others were tried.
    """

    chosen: dict[str, Any] = field(default_factory=dict)
    alone: dict[str, float] = field(default_factory=dict)


def numerics(study: Study, executor: Executor, spec: Mapping[str, Any], shape: list[int]) -> Tried:
    """Have the students at the ends of the search space tried, all at once.

    Args:
        study: The study.
        executor: Where to measure.
        spec: What `kdorch.training.placing.run` takes.
        shape: Of an input.
    """
    if not _has_choice(study, shape):
        return Tried()
    each = [{**spec, "trials": [trial]} for trial in spec["trials"]]
    timed = _timed(study, executor, each)
    seconds = sum(map(Counter, timed), Counter[str]())
    if not seconds:
        return Tried()
    best, halved = quickest(seconds, "float32"), quickest(seconds, "bfloat16")
    scores: list[dict[str, float]] = []
    if seconds[halved] < _GAIN * seconds[best]:
        tried = [(one, took[best]) for one, took in zip(each, timed, strict=True) if took]
        search = study.search.trials * seconds[best] / len(tried)  # workers share it, as they do these
        most = min(_SECONDS, _SHARE * search / (2 * len(tried)))
        short = [one | {"trials": [_short(one["trials"][0], whole, most)]} for one, whole in tried]
        scores = _scores(executor, short, (best, halved))
        best = halved if scores and _is_kept(scores) else best
    alone = {one["trials"][0]["name"]: took[best] for one, took in zip(each, timed, strict=True) if took}
    return Tried(wanted(best) | {"figures": {"seconds": dict(seconds), "scores": scores}}, alone)


def _timed(study: Study, executor: Executor, each: Sequence[Mapping[str, Any]]) -> list[dict[str, float]]:
    """Return the seconds of each student's whole training by numerics; none of one that cannot be trained."""
    apart = [[name] for name in _PRECISIONS] if study.train.precision == "auto" else [list(_PRECISIONS)]
    # The largest students, which take longest, are the last ones: they begin.
    jobs = [{**one, "precisions": names} for one in each for names in apart][::-1]
    found = [answer["seconds"] for answer in call_each(executor, _TIMES, jobs, timeout=TRY)][::-1]
    parts = [found[place : place + len(apart)] for place in range(0, len(found), len(apart))]
    return [reduce(or_, some) if all(some) else {} for some in parts]


def _scores(
    executor: Executor, short: Sequence[Mapping[str, Any]], both: tuple[str, str]
) -> list[dict[str, float]]:
    """Return what each student that can be trained scored, ``untrained`` and in each precision."""
    jobs = [{**one, "wanted": name} for one in short for name in both][::-1]
    found = call_each(executor, _SCORE, jobs, timeout=TRY)[::-1]
    return [
        {
            "untrained": one["before"],
            "float32": one["after"],
            "bfloat16": other["after"],
            "error": math.hypot(one["error"], other["error"]),
            "epochs": job["trials"][0]["train"]["epochs"],
        }
        for job, one, other in zip(short, found[::2], found[1::2], strict=True)
        if one and other
    ]


def _is_kept(scores: Sequence[Mapping[str, float]]) -> bool:
    """Whether the students score in bfloat16, all in all, at most one standard error of the difference less.

    Where one has learnt nothing in so short a while, or the score is no share of anything, nobody can say.
    """
    learnt = all(each["float32"] > each["untrained"] + each["error"] for each in scores)
    lost = sum(each["float32"] - each["bfloat16"] for each in scores)
    return learnt and lost <= math.hypot(*(each["error"] for each in scores))


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
