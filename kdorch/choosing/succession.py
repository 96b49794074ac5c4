"""Whether a student may take the place of another: better, or as good and cheaper.

Why these conditions, and not just a higher score, is in docs/decisions/0029.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kdorch.choosing.crossed import Scored, spread
from kdorch.choosing.intervals import CONFIDENCE
from kdorch.choosing.numbers import readable
from kdorch.choosing.verdict import worth_naming
from kdorch.kinds import Direction

Seeds = Sequence[float]


@dataclass(frozen=True)
class Ruling:
    """Whether a student beats another.

    Attributes:
        beats: Whether it may take its place.
        told: Why, as the rest of a sentence.
    """

    beats: bool
    told: str


def beats(
    student: Scored,
    champion: Scored,
    metric: str,
    direction: Direction,
    others: Mapping[str, tuple[Seeds, Seeds, Direction]],
) -> Ruling:
    """Compare two students on the same test rows.

    A student beats another if it is better by more than chance explains, over seeds and test rows as in the
    verdict; or if it falls short by less than is worth naming, and is better in another objective and worse
    in none.

    Args:
        student: Who wants the place, seeds counted from 0.
        champion: Who has it, likewise.
        metric: The score that they are judged by.
        direction: Which way of it is better.
        others: The study's other objectives: values of the student, of the champion, and which way is better.
    """
    gap = spread(student.over(champion) if direction == "max" else champion.over(student))
    interval = gap.interval(CONFIDENCE)
    ends = f" ({interval.low:+.4f} to {interval.high:+.4f})" if interval.n > 1 else ""
    less = " (turned so that more is better)" if direction == "min" else ""
    sides = {name: _side(*each) for name, each in others.items()}
    better = interval.low > 0
    bearable = gap.mean >= -worth_naming(spread(champion).mean, direction)
    cheaper = max(sides.values(), default=0) > 0 and min(sides.values()) >= 0
    told = [
        f"{metric} {gap.mean:+.4f}{ends}{less}, {_word(better, interval.high < 0, bearable)}",
        *(f"{name} {_beside(*others[name][:2], side)}" for name, side in sides.items()),
    ]
    return Ruling(better or (bearable and cheaper), "; ".join(told))


def _word(better: bool, worse: bool, bearable: bool) -> str:
    if better:
        return "better by more than chance explains"
    if worse:
        return "worse by more than chance explains" + (", but by too little to matter" if bearable else "")
    return "which may be chance" + ("" if bearable else ", but is too much to lose")


def _side(student: Seeds, champion: Seeds, direction: Direction) -> int:
    """Return 1 if the student is better, -1 if it is worse, 0 if it is as good or chance explains it."""
    gap = spread(Scored(dict(enumerate(student)), {}).over(Scored(dict(enumerate(champion)), {})))
    far = abs(gap.mean) > (gap.half(CONFIDENCE) if gap.n > 1 else 0)
    return (1 if (gap.mean > 0) == (direction == "max") else -1) if far else 0


def _beside(student: Seeds, champion: Seeds, side: int) -> str:
    mine, its = (readable(sum(values) / len(values)) for values in (student, champion))
    return f"{mine} instead of {its}" if side else f"as before, {mine}"
