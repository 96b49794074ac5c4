"""Why this student and not its neighbours, and how much too good the search's own value was, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from kdorch.choosing.front import Mask, costs, metric_values, trial_numbers
from kdorch.choosing.intervals import Interval
from kdorch.choosing.numbers import percent, readable
from kdorch.choosing.rules import has_knee
from kdorch.kinds import Direction

if TYPE_CHECKING:
    import pandas as pd

SIZE = "size/params"


def explain(
    among: pd.DataFrame,
    chosen: pd.Series,
    objectives: Mapping[str, Direction],
    teacher: Mapping[str, float],
    why: str,
) -> str:
    """Say why a student was chosen: beside its teacher, and beside the next smaller and the next larger.

    Args:
        among: What the rule chose from, as `pareto_front` sorts it.
        chosen: The student's row, of these or not; its ``name`` is the trial's number.
        objectives: Metric to direction; the first is the quality, the second what is paid for it.
        teacher: The teacher's metrics, as far as they are known.
        why: By which rule, as in ``the knee of the confirmed``.

    Returns:
        Sentences. Points are hundredths, of a score that is a share.
    """
    first = f"Trial {chosen.name}, {why}: {_beside(chosen, objectives, teacher)}."
    own, every = costs(chosen.to_frame().T, objectives)[0], costs(among, objectives)
    better: Mask = (every <= own).all(axis=1) & (every < own).any(axis=1)
    if better.any():
        number = trial_numbers(among)[better][0]
        return f"{first} Trial {number} is at least as good in every objective, and better in one."
    others = "; ".join(_neighbours(among, chosen, objectives))
    return f"{first} {others[0].upper()}{others[1:]}." if others else first


def the_knee(among: pd.DataFrame, objectives: Mapping[str, Direction], whom: str) -> str:
    """Name what `knee` chooses from some students, who may have none.

    Args:
        among: The students.
        objectives: Metric to direction.
        whom: What they are called, as in ``the confirmed``.
    """
    if len(among) == 1:
        return f"the only one of {whom}"
    return f"the knee of {whom}" if has_knee(among, objectives) else f"the best of {whom}, who have no knee"


def optimism(metric: str, searched: float, again: Interval, teacher: float | None, best: Direction) -> str:
    """Say how far the value by which a search chose lies from the mean over fresh seeds.

    The best of many trials is partly the luckiest, so on average its own value is too good.

    Args:
        metric: The first objective.
        searched: What the search saw.
        again: The same over fresh seeds.
        teacher: The teacher's value, where it is known.
        best: Which way is better.
    """
    seeds = f"the mean of {again.n} fresh seeds" if again.n > 1 else "that of a fresh seed"
    beside = "" if teacher is None else f", which is {_apart(again.mean, teacher, best)} the teacher's"
    return f"The search's own {metric} was {_apart(searched, again.mean, best)} {seeds}{beside}."


def change(before: float, after: float, best: Direction) -> str:
    """Return by how much a score changes, with its sign: ``+0.1 points`` of a share, else ``+0.0123``."""
    shares = best == "max" and min(before, after) >= 0 and max(before, after) <= 1
    return f"{100 * (after - before):+.1f} points" if shares else _signed(after - before)


def _signed(number: float) -> str:
    return f"{'-' if number < 0 else '+'}{readable(abs(number))}"


def _beside(chosen: pd.Series, objectives: Mapping[str, Direction], teacher: Mapping[str, float]) -> str:
    """Return how good the student is, and how large, measured by its teacher where that is possible."""
    quality, best = next(iter(objectives.items()))
    told = f"{quality} {readable(float(chosen[quality]))}"
    if quality in teacher:
        told = f"{quality} {_apart(float(chosen[quality]), teacher[quality], best)} the teacher's"
    if SIZE in chosen and teacher.get(SIZE):
        told += f" at {percent(float(chosen[SIZE]) / teacher[SIZE])} of its size"
    return told


def _apart(one: float, other: float, best: Direction) -> str:
    """Return how far and on which side of another number one is: ``0.6 points above``."""
    far = change(other, one, best)
    if not any(digit in far for digit in "123456789"):
        return "as good as"
    return f"{far[1:]} {'above' if one > other else 'below'}"


def _neighbours(among: pd.DataFrame, chosen: pd.Series, objectives: Mapping[str, Direction]) -> Iterator[str]:
    """Yield what the nearest on either side, by the second objective, would bring and cost."""
    quality, *others = objectives
    if not others:
        return
    paid = others[0]
    prices, price = metric_values(among, [paid])[:, 0], float(chosen[paid])
    for side, there, nearest in (("smaller", prices < price, -1), ("larger", prices > price, 0)):
        if there.any():
            row = among[there].iloc[nearest]
            gain = change(float(chosen[quality]), float(row[quality]), objectives[quality])
            number = trial_numbers(among[there])[nearest]
            yield f"the next {side}, trial {number}: {gain} for {_price(paid, price, float(row[paid]))}"


def _price(paid: str, own: float, other: float) -> str:
    """Return what is paid: ``2.2 times the size``, or the difference where a ratio says nothing."""
    if own <= 0 or other <= 0:
        return f"{_signed(other - own)} {paid}"
    return f"{other / own:.2g} times the {'size' if paid == SIZE else paid}"
