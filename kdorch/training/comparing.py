"""Which numerics train a student quickest, and whether it learns as much in bfloat16: what workers try."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Mapping
from dataclasses import replace
from itertools import product
from typing import Any

from kdorch.errors import TrainingError
from kdorch.training.alone import fit_alone, short
from kdorch.training.blind import LABELS, blind
from kdorch.training.device import on_its_device, there
from kdorch.training.evaluate import evaluate
from kdorch.training.numerics import Numerics, settle
from kdorch.training.prepared import Prepared
from kdorch.training.rows import head
from kdorch.training.threads import torch_threads

_ALL = [Numerics(*each) for each in product(("contiguous", "channels_last"), ("float32", "bfloat16"))]
_STEPS = 5
_CLOSE = 1.3  # times what the quickest took: all others are out of the running after one try


@on_its_device
def times(spec: Mapping[str, Any], _: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Train a student for a few steps with each of the numerics that it may have; what a worker runs.

    Args:
        spec: As `kdorch.training.placing.run` takes it, with one trial; besides, the ``precisions`` to try.

    Returns:
        ``seconds`` that the whole training takes, by numerics; none where it has no choice in any precision,
        or cannot be trained.
    """
    with torch_threads(1):
        for trial in blind(spec):
            try:
                return {"seconds": _seconds(trial, spec["rows"], spec["precisions"])}
            except TrainingError:  # the trials themselves will tell
                pass
    return {"seconds": {}}


@on_its_device
def score(spec: Mapping[str, Any], _: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Train a student for a short while and score it on the validation rows; what a worker runs.

    It learns the labels alone: from the noise that stands for the teacher, little is learnt in any numerics.

    Args:
        spec: As above, besides ``wanted``: the numerics, as a name.

    Returns:
        The scores ``before`` and ``after``, in float32 as it would be shipped, and the standard ``error`` of
        the latter: that of a proportion, not a number if the score is none. Nothing where it cannot be
        trained.
    """
    labelled = [trial | {"losses": LABELS} for trial in spec["trials"]]
    with torch_threads(1):
        for trial in blind({**spec, "trials": labelled}):
            shown = head(trial.train[0], spec["rows"] or len(trial.train[0]))
            one = _computed(replace(trial, train=[shown]), Numerics(*spec["wanted"].split()))
            before = _score(one)
            fit_alone(one)
            after = _score(one)
            share = one.score[1] == "max" and 0 <= after <= 1
            error = math.sqrt(after * (1 - after) / len(one.validation)) if share else math.nan
            return {"before": before, "after": after, "error": error}
    return {}


def _seconds(trial: Prepared, rows: int | None, precisions: Container[str]) -> dict[str, float]:
    few = short(trial, _STEPS)
    every = {wanted: _computed(few, wanted) for wanted in _ALL}
    if len({one.numerics for one in every.values()}) == 1:
        return {}
    each = {wanted: one for wanted, one in every.items() if wanted.precision in precisions}
    chances = {one.numerics: one for one in each.values()}
    for one in chances.values():
        fit_alone(short(one, 1))  # whoever is first pays for what oneDNN compiles
    least = {numerics: fit_alone(one).seconds for numerics, one in chances.items()}
    for numerics in [numerics for numerics in chances if least[numerics] < _CLOSE * min(least.values())]:
        least[numerics] = min(least[numerics], fit_alone(chances[numerics]).seconds)
    times = trial.settings.epochs * (rows or len(trial.train[0])) / len(few.train[0])
    return {_name(wanted): times * least[one.numerics] for wanted, one in each.items()}


def _name(numerics: Numerics) -> str:
    return f"{numerics.memory_format} {numerics.precision}"


def _computed(trial: Prepared, wanted: Numerics) -> Prepared:
    """Return the trial with what is wanted, as far as its settings and its network allow."""
    names = {"memory_format": wanted.memory_format, "precision": wanted.precision}
    numerics = settle(trial.settings, names, trial.network.eval(), there(trial.subject.inputs))
    return replace(trial, numerics=numerics)


def _score(trial: Prepared) -> float:
    answers = evaluate(trial.network, trial.validation, trial.task)
    return trial.task.score(trial.score[0], answers.logits, answers.targets)
