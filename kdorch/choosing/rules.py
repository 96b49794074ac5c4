"""Rules that choose one student of the front, and the text forms of their arguments.

Every rule returns the chosen row as a Series whose ``name`` is the trial's number. Equals are decided by the
other objectives in their order, then by the order of the front.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from kdorch.choosing.front import Floats, Mask, costs, metric_values, trial_numbers
from kdorch.choosing.numbers import readable
from kdorch.errors import ChoiceError, did_you_mean
from kdorch.kinds import Direction

if TYPE_CHECKING:
    import pandas as pd

_PLANE = 2  # objectives: the extremes of a front of more are joined by no chord
ROUNDING = 1e-9  # a quality that is exactly on the bound may miss it by the rounding of floats


def knee(front: pd.DataFrame, objectives: Mapping[str, Direction]) -> pd.Series:
    """Return the student where paying more stops being worth it.

    Objectives are scaled to the front's own range, strictly positive costs (minimised, after the first) by
    their logarithm. With two objectives, the knee is farthest from the chord between the front's extremes, on
    the side of the ideal point; with more, it is nearest to the ideal point. A front without a knee (two
    students, a straight line, one that sags below the chord) gives its best quality.

    Raises:
        ChoiceError: The front is empty.
    """
    _refuse_empty(front)
    shortfall = _share_of_range(front, objectives)
    return _row(front, int(np.lexsort((shortfall[:, 0], _distance(shortfall)))[0]))


def has_knee(front: pd.DataFrame, objectives: Mapping[str, Direction]) -> bool:
    """Say whether a front has a knee, or `knee` gives its best quality for want of one."""
    _refuse_empty(front)
    return bool(_distance(_share_of_range(front, objectives)).min() < 1)


def within(
    front: pd.DataFrame, objectives: Mapping[str, Direction], share: float, teacher: float
) -> pd.Series:
    """Return the smallest student whose quality is within a share of the teacher's.

    Smallest means best in the second objective.

    Args:
        front: Rows of the front.
        objectives: Metric to direction; the first is the quality.
        share: Part of the teacher's quality that may be lost, 0.01 for 1 %.
        teacher: The teacher's quality, in the same metric.

    Raises:
        ChoiceError: The front is empty, or none of its students is near enough.
    """
    _refuse_empty(front)
    quality, *others = objectives
    sign = 1.0 if objectives[quality] == "max" else -1.0
    lost = sign * (teacher - metric_values(front, [quality])[:, 0])
    near_enough: Mask = lost <= (share + ROUNDING) * abs(teacher)
    if not near_enough.any():
        nearest = int(lost.argmin())
        raise ChoiceError(_too_far(_row(front, nearest), quality, share, teacher))
    size_first = [*others[:1], quality, *others[1:]]
    return _best(front, near_enough, {metric: objectives[metric] for metric in size_first})


def best_under(
    front: pd.DataFrame, objectives: Mapping[str, Direction], maxima: Mapping[str, float]
) -> pd.Series:
    """Return the student of the best quality whose metrics are all at most their maxima.

    Raises:
        ChoiceError: The front is empty, none of its students fits, or something is no metric.
    """
    _refuse_empty(front)
    _refuse_what_is_no_metric(front, maxima)
    values = metric_values(front, maxima)
    bounds = np.array(list(maxima.values()), dtype=np.float64)
    fits = np.all(values <= bounds, axis=1)
    if not fits.any():
        excess = (values - bounds) / np.where(bounds == 0, 1.0, np.abs(bounds))
        worst = np.nan_to_num(excess, nan=np.inf).max(axis=1)
        raise ChoiceError(_too_large(_row(front, int(worst.argmin())), maxima))
    return _best(front, fits, objectives)


def by_number(trials: pd.DataFrame, number: int) -> pd.Series:
    """Return the trial of this number.

    Raises:
        ChoiceError: There is no such trial.
    """
    numbers = trial_numbers(trials)
    if len(numbers) == 0:
        raise ChoiceError(f"trial {number} cannot be chosen: the study has no complete trial yet.")
    nearest = int(np.abs(numbers - number).argmin())
    if numbers[nearest] != number:
        raise ChoiceError(
            f"trial {number} is not among the {len(numbers)} complete trials (failed and pruned ones cannot "
            f"be chosen); the nearest number is {numbers[nearest]}."
        )
    return _row(trials, nearest)


def parse_share(text: str) -> float:
    """Return the share that ``1%`` or ``0.01`` stands for, both 0.01.

    Raises:
        ChoiceError: It is no number, is negative, or leaves open whether percent is meant.
    """
    complaint = f"{text!r} is not a share of the teacher's quality. Write one hundredth as 1% or 0.01."
    number = text.strip().removesuffix("%")
    percent = text.strip().endswith("%")
    share = _number(number, complaint) / (100 if percent else 1)
    if share < 0 or (share >= 1 and not percent):
        raise ChoiceError(complaint)
    return share


def parse_limit(text: str) -> tuple[str, float]:
    """Return the metric and the number of ``size/params=5000``.

    Raises:
        ChoiceError: It does not have this form.
    """
    complaint = f"{text!r} is not a limit. Write a metric, = and a number, as in size/params=5000."
    metric, _, number = (part.strip() for part in text.partition("="))
    if not metric or metric.endswith(("<", ">")):
        raise ChoiceError(complaint)
    return metric, _number(number, complaint)


def _number(text: str, complaint: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ChoiceError(complaint) from None
    if not math.isfinite(number):
        raise ChoiceError(complaint)
    return number


def _row(trials: pd.DataFrame, position: int) -> pd.Series:
    return trials.iloc[position].rename(int(trial_numbers(trials)[position]))


def _best(front: pd.DataFrame, eligible: Mask, priorities: Mapping[str, Direction]) -> pd.Series:
    ranked = np.lexsort(costs(front, priorities).T[::-1])
    return _row(front, int(ranked[eligible[ranked]][0]))


def _share_of_range(front: pd.DataFrame, objectives: Mapping[str, Direction]) -> Floats:
    """Scale each objective over the front to 0 (its best) … 1 (its worst), shape ``(n, objectives)``."""
    turned = costs(front, objectives)
    for column, direction in enumerate(objectives.values()):
        if column > 0 and direction == "min" and (turned[:, column] > 0).all():
            turned[:, column] = np.log(turned[:, column])
    best = turned.min(axis=0)
    span = turned.max(axis=0) - best
    scaled: Floats = (turned - best) / np.where(span > 0, span, 1.0)
    return scaled


def _distance(shortfall: Floats) -> Floats:
    """Return how far from the ideal point each student is, 1 at the extremes of two objectives."""
    # The chord joins (0, 1) to (1, 0): on the ideal side the sum is below 1, by √2 times the distance.
    power = 1 if shortfall.shape[1] <= _PLANE else 2
    distance: Floats = (shortfall**power).sum(axis=1).round(12)
    return distance


def _refuse_empty(front: pd.DataFrame) -> None:
    if len(front) == 0:
        raise ChoiceError(
            "the front is empty: no complete trial keeps the limits. Run more trials or relax a limit."
        )


def _refuse_what_is_no_metric(front: pd.DataFrame, names: Iterable[str]) -> None:
    """Refuse what stands beside the metrics in the same table: parameters, ids, digests."""
    from pandas.api.types import is_numeric_dtype

    known = [str(name) for name in front if "/" in str(name) and is_numeric_dtype(front[name])]
    wrong = [name for name in names if name not in known]
    if wrong:
        raise ChoiceError(f"no metric is called {wrong[0]!r}. {did_you_mean(wrong[0], known)}".rstrip())


def _too_far(nearest: pd.Series, quality: str, share: float, teacher: float) -> str:
    reached = float(nearest[quality])
    message = (
        f"no student of the front is within {_percent(share)} of the teacher ({readable(teacher)}); "
        f"the nearest is trial {nearest.name} with {readable(reached)}"
    )
    if teacher == 0:
        return f"{message}. Any share of 0 is 0: choose with --max or --trial."
    gap = abs(teacher - reached) / abs(teacher)
    side = "below" if reached < teacher else "above"
    enough = math.ceil(gap * 1000) / 10  # in percent; rounded up, so that it includes the nearest
    return f"{message}, {_percent(gap)} {side}: use --within {enough:.10g}%"


def _too_large(nearest: pd.Series, maxima: Mapping[str, float]) -> str:
    wanted = " and ".join(f"{metric} at most {readable(maximum)}" for metric, maximum in maxima.items())
    has = " and ".join(f"{metric} {readable(nearest[metric])}" for metric in maxima)
    message = f"no student of the front has {wanted}; the nearest is trial {nearest.name} with {has}"
    if nearest[list(maxima)].isna().any():
        return f"{message}. Choose by metrics that every trial has."
    enough = {metric: max(float(nearest[metric]), maximum) for metric, maximum in maxima.items()}
    options = [f"--max {metric}={value!r}".removesuffix(".0") for metric, value in enough.items()]
    return f"{message}: use {' '.join(options)}"


def _percent(share: float) -> str:
    return f"{readable(round(100 * share, 1) or 100 * share)} %"
