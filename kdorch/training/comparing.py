"""Which numerics train a study's students quickest, and whether they learn as much in bfloat16."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from itertools import product
from typing import Any

from kdorch.errors import TrainingError
from kdorch.study import Train
from kdorch.training.alone import fit_alone, short
from kdorch.training.device import there
from kdorch.training.evaluate import evaluate
from kdorch.training.numerics import Numerics, settle
from kdorch.training.prepared import Prepared

_ALL = [Numerics(*each) for each in product(("contiguous", "channels_last"), ("float32", "bfloat16"))]
_STEPS, _TRIES = 6, 4  # the first try also pays for what oneDNN compiles
_GAIN = 0.95  # of the time of what is plainer: less is within what a busy machine does to a few steps
_SECONDS = 2.0  # of a training that shows whether bfloat16 is as good


def compare(trials: Sequence[Prepared]) -> dict[str, Any]:
    """Train some students for a few steps with each of the numerics that they may have.

    Args:
        trials: Those at the ends of the search space; they are left as they are.

    Returns:
        The quickest ``memory_format`` and ``precision`` for all of them together, and ``figures``: the
        seconds of a few steps by numerics, and the scores of short trainings by precision. Empty where none
        of them has a choice.
    """
    seconds = dict.fromkeys(_ALL, 0.0)
    tried: list[dict[str, Any]] = []
    for trial in trials:
        with suppress(TrainingError):  # the trials themselves will tell
            for numerics, each in _seconds(trial).items():
                seconds[numerics] += each
    if not any(seconds.values()):
        return {}
    best = quickest(seconds, "float32")
    halved = quickest(seconds, "bfloat16")
    if seconds[halved] < _GAIN * seconds[best]:
        tried = [scores(trial, (best, halved)) for trial in trials]
        best = halved if all(each["kept"] for each in tried) else best
    figures = {"seconds": {_name(each): round(total, 6) for each, total in seconds.items()}, "scores": tried}
    return _wanted(best) | {"figures": figures}


def _name(numerics: Numerics) -> str:
    return f"{numerics.memory_format} {numerics.precision}"


def quickest(seconds: Mapping[Numerics, float], precision: str) -> Numerics:
    """Return which layout is quickest with a precision: the plainer one if the other hardly is."""
    plain, other = (each for each in seconds if each.precision == precision)
    return other if seconds[other] < _GAIN * seconds[plain] else plain


def computed(trial: Prepared, wanted: Mapping[str, Any]) -> Prepared:
    """Return the trial with what is wanted, as far as its settings and its network allow."""
    numerics = settle(trial.settings, wanted, trial.network.eval(), there(trial.subject.inputs))
    return replace(trial, numerics=numerics)


def _wanted(numerics: Numerics) -> dict[str, str]:
    return {"memory_format": numerics.memory_format, "precision": numerics.precision}


def _seconds(trial: Prepared) -> dict[Numerics, float]:
    """Return what a few steps take at least, by what was wanted; nothing if there is no choice."""
    few = short(trial, _STEPS)
    each = {wanted: computed(few, _wanted(wanted)) for wanted in _ALL}
    chances = {one.numerics: one for one in each.values()}
    if len(chances) == 1:
        return {}
    least = dict.fromkeys(chances, math.inf)
    for _ in range(_TRIES):
        for numerics, one in chances.items():
            least[numerics] = min(least[numerics], fit_alone(one).seconds)
    return {wanted: least[one.numerics] for wanted, one in each.items()}


def scores(trial: Prepared, both: tuple[Numerics, Numerics]) -> dict[str, Any]:
    """Train copies of a student in float32 and in bfloat16 for a short while, and compare the scores.

    Accuracy is kept where the second is at most one standard error of a proportion below the first. Where
    nothing was learnt in so short a while, or the score is no share of anything, that cannot be said.
    """
    before, settings = _score(trial), _affordable(computed(trial, _wanted(both[0])))
    one, other = (_trained(replace(_copy(trial), settings=settings), numerics) for numerics in both)
    share = trial.score[1] == "max" and 0 <= one <= 1
    error = math.sqrt(one * (1 - one) / len(trial.validation)) if share else math.nan
    found = {"untrained": before, "float32": one, "bfloat16": other, "epochs": settings.epochs}
    return found | {"kept": one > before + error and other >= one - error}


def _copy(trial: Prepared) -> Prepared:
    subject = replace(trial.subject, network=deepcopy(trial.network))
    return replace(trial, subject=subject, objective=deepcopy(trial.objective))


def _affordable(trial: Prepared) -> Train:
    """Return the settings of a training with as many epochs as fit in a short while."""
    first = short(trial, _STEPS)
    epoch = fit_alone(first).seconds * len(trial.train[0]) / len(first.train[0])
    epochs = max(1, min(trial.settings.epochs, int(_SECONDS / epoch)))
    return trial.settings.model_copy(update={"epochs": epochs})


def _trained(trial: Prepared, wanted: Numerics) -> float:
    fit_alone(computed(trial, _wanted(wanted)))
    return _score(trial)


def _score(trial: Prepared) -> float:
    """Return a student's score on the validation rows, in float32 as it would be shipped."""
    answers = evaluate(trial.network, trial.validation, trial.task)
    return trial.task.score(trial.score[0], answers.logits, answers.targets)
