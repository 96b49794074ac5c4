"""Whether the weights of the losses leave something to learn, and schedules come to their end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kdorch.errors import Problem
from kdorch.kinds import Loss, Schedule
from kdorch.kinds.schedule import highest, weight_at
from kdorch.spec import Choice, Range
from kdorch.study.space import specs


def idle(sections: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield that every weight is 0, always or in some epoch; what is tuned may turn out otherwise."""
    losses, tuned = sections.get("losses") or {"": None}, sections.get("tune") or {}
    if None in losses.values() or any(re.fullmatch(r"losses\..*\.weight(\..+)?", path) for path in tuned):
        return
    weights = [part.weight for _, part in specs(sections) if isinstance(part, Loss)]
    if not any(map(highest, weights)):
        hint = "Give one a weight above 0, or tune one."
        yield Problem("losses", "every weight is 0, so there is nothing to learn.", hint)
        return
    if sections.get("train") is None:
        return
    last = _most("train.epochs", sections)
    # Where a schedule is 0 for a while, it is so from its first epoch on, or once it has come to its end.
    starts = sorted({1, *(each.epochs + 1 for each in weights if isinstance(each, Schedule))})
    without = (start for start in starts if not any(weight_at(each, start) for each in weights))
    empty = next((start for start in without if start <= last), None)
    if empty:
        what = f"every weight is 0 in epoch {empty}, so nothing is learnt there."
        yield Problem("losses", what, "Let a schedule begin or end above 0, or give another loss a weight.")


def unreached(sections: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield schedules that take longer than the training does."""
    if sections.get("train") is None:
        return
    trained = _most("train.epochs", sections)
    for path, part in specs(sections):
        if isinstance(part, Loss) and isinstance(part.weight, Schedule):
            where = f"{path.replace('.any.', '.')}.weight.epochs"
            tuned = where in (sections.get("tune") or {})
            if _most(where, sections, part.weight.epochs) > trained:
                what = f"goes on beyond the training, which has {trained} epochs."
                hint = f"Write at most {trained}."
                yield Problem(f"tune.{where}" if tuned else f"{path}.weight.epochs", what, hint)


def _most(path: str, sections: Mapping[str, Any], written: int | None = None) -> int:
    """Return the largest number that a path may take, searched or as it is written."""
    mark = (sections.get("tune") or {}).get(path)
    if isinstance(mark, Range):
        return int(mark.high)
    if isinstance(mark, Choice):
        return max((int(each) for each in mark.options if isinstance(each, int | float)), default=0)
    return int(sections["train"].epochs if written is None else written)
