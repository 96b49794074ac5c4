"""Which numerics train a study's students quickest, and whether they learn as much in bfloat16."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import product
from typing import Any

from kdorch.errors import TrainingError
from kdorch.study import Train
from kdorch.training.alone import fit_alone, short
from kdorch.training.device import on_its_device
from kdorch.training.evaluate import evaluate
from kdorch.training.numerics import Numerics
from kdorch.training.prepared import Bench, Infeasible, Prepared

_ALL = [Numerics(*each) for each in product(("contiguous", "channels_last"), ("float32", "bfloat16"))]
_STEPS, _TRIES = 6, 4  # the first try also pays for what oneDNN compiles
_GAIN = 0.95  # of the time of what is plainer: less is within what a busy machine does to a few steps
_SECONDS = 2.0  # of a training that shows whether bfloat16 is as good


@on_its_device
def run(spec: Mapping[str, Any], _: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Train some students for a few steps with each of the numerics that they may have; what a worker runs.

    Args:
        spec: As `kdorch.training.trial.run` takes it; ``trials`` are those at the ends of the search space.

    Returns:
        The quickest ``memory_format`` and ``precision`` for all of them together, and ``figures``: the
        seconds of a few steps by numerics, and the scores of short trainings by precision.
    """
    bench = Bench({**spec, "limits": []})
    seconds = dict.fromkeys(_ALL, 0.0)
    tried: list[dict[str, Any]] = []
    for trial in spec["trials"]:
        with suppress(Infeasible, TrainingError):  # the trials themselves will tell
            for numerics, each in _seconds(bench, trial).items():
                seconds[numerics] += each
    best = quickest(seconds, "float32")
    halved = quickest(seconds, "bfloat16")
    if seconds[halved] < _GAIN * seconds[best]:
        tried = [scores(bench, trial, (best, halved)) for trial in spec["trials"]]
        best = halved if all(each["kept"] for each in tried) else best
    figures = {"seconds": {_name(each): round(total, 6) for each, total in seconds.items()}, "scores": tried}
    return {"memory_format": best.memory_format, "precision": best.precision, "figures": figures}


def _name(numerics: Numerics) -> str:
    return f"{numerics.memory_format} {numerics.precision}"


def quickest(seconds: Mapping[Numerics, float], precision: str) -> Numerics:
    """Return which layout is quickest with a precision: the plainer one if the other hardly is."""
    plain, other = (each for each in seconds if each.precision == precision)
    return other if seconds[other] < _GAIN * seconds[plain] else plain


def _prepared(bench: Bench, trial: Mapping[str, Any], wanted: Numerics) -> Prepared:
    """Return the trial with what is wanted, as far as its settings and its network allow."""
    numerics = {"memory_format": wanted.memory_format, "precision": wanted.precision}
    return bench.prepare({**trial, "numerics": numerics})


def _seconds(bench: Bench, trial: Mapping[str, Any]) -> dict[Numerics, float]:
    """Return what a few steps take at least, by what was wanted; nothing if there is no choice."""
    prepared = {wanted: short(_prepared(bench, trial, wanted), _STEPS) for wanted in _ALL}
    chances = {each.numerics: each for each in prepared.values()}
    if len(chances) == 1:
        return {}
    least = dict.fromkeys(chances, math.inf)
    for _ in range(_TRIES):
        for numerics, each in chances.items():
            least[numerics] = min(least[numerics], fit_alone(each).seconds)
    return {wanted: least[each.numerics] for wanted, each in prepared.items()}


def scores(bench: Bench, trial: Mapping[str, Any], both: tuple[Numerics, Numerics]) -> dict[str, Any]:
    """Train a student in float32 and in bfloat16, as long as a short while allows, and compare the scores.

    Accuracy is kept where the second is at most one standard error of a proportion below the first. Where
    nothing was learnt in so short a while, or the score is no share of anything, that cannot be said.
    """
    first = _prepared(bench, trial, both[0])
    before, settings = _score(first), _affordable(first)
    one, other = (
        _trained(replace(_prepared(bench, trial, numerics), settings=settings)) for numerics in both
    )
    share = first.score[1] == "max" and 0 <= one <= 1
    error = math.sqrt(one * (1 - one) / len(first.validation)) if share else math.nan
    found = {"untrained": before, "float32": one, "bfloat16": other, "epochs": settings.epochs}
    return found | {"kept": one > before + error and other >= one - error}


def _affordable(trial: Prepared) -> Train:
    """Return the settings of a training with as many epochs as fit in a short while."""
    first = short(trial, _STEPS)
    epoch = fit_alone(first).seconds * len(trial.train[0]) / len(first.train[0])
    epochs = max(1, min(trial.settings.epochs, int(_SECONDS / epoch)))
    return trial.settings.model_copy(update={"epochs": epochs})


def _trained(trial: Prepared) -> float:
    fit_alone(trial)
    return _score(trial)


def _score(trial: Prepared) -> float:
    """Return a student's score on the validation rows, in float32 as it would be shipped."""
    answers = evaluate(trial.network, trial.validation, trial.task)
    return trial.task.score(trial.score[0], answers.logits, answers.targets)
