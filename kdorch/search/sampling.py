"""Which parameters to try next."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import optuna
from optuna.samplers import BaseSampler, GPSampler, NSGAIISampler, RandomSampler, TPESampler
from optuna.search_space import IntersectionSearchSpace

from kdorch.search.selection import Selecting
from kdorch.spec import Choice, Range
from kdorch.study.space import Dimension

TPE_SEES, GP_SEES = 500, 200  # trials: of more, a selection; a proposal then takes 20 ms, and 1 s


def sampler(name: str, seed: int, trial: int, space: IntersectionSearchSpace | None = None) -> BaseSampler:
    """Return the named sampler, seeded for one trial.

    A sampler seeded once would propose its first trials again whenever a study goes on. What a new one would
    find out anew, the space that all trials have in common, may be handed on.

    Args:
        name: ``tpe``, ``gp``, ``nsga2`` or ``random``.
        seed: Of the study.
        trial: Its number.
        space: Of the study's trials, those that were given up included.
    """
    mixed = int.from_bytes(sha256(f"{seed}/{trial}".encode()).digest()[:4], "big")
    if name == "tpe":
        return Selecting(_tpe(mixed), TPE_SEES, mixed, space)
    if name == "gp":
        # A Gaussian process knows no parameters that exist only under a choice; Optuna's default for them is
        # to draw at random for ever, with a warning each time.
        process = GPSampler(seed=mixed, independent_sampler=_tpe(mixed), warn_independent_sampling=False)
        return Selecting(process, GP_SEES, mixed)
    return {"nsga2": NSGAIISampler, "random": RandomSampler}[name](seed=mixed)


def _tpe(seed: int) -> BaseSampler:
    return TPESampler(seed=seed, multivariate=True, constant_liar=True)


def suggest(trial: optuna.Trial, dimensions: Sequence[Dimension]) -> dict[str, Any]:
    """Return a value for each dimension that exists under the choices taken so far."""
    chosen: dict[str, Any] = {}
    for dimension in dimensions:
        if dimension.when is None or chosen.get(dimension.when[0]) == dimension.when[1]:
            chosen[dimension.path] = _value(trial, dimension)
    return chosen


def _value(trial: optuna.Trial, dimension: Dimension) -> Any:
    mark = dimension.mark
    if isinstance(mark, Choice):
        return trial.suggest_categorical(dimension.path, mark.options)
    assert isinstance(mark, Range)  # noqa: S101  for mypy
    if dimension.kind == "int":
        step = int(mark.step or 1)
        return trial.suggest_int(dimension.path, int(mark.low), int(mark.high), log=mark.log, step=step)
    return trial.suggest_float(dimension.path, mark.low, mark.high, log=mark.log, step=mark.step)
