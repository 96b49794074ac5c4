"""Whether the largest entries of what a teacher answers are enough for a study."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from math import prod
from typing import Any

from pydantic import ValidationError

from kdorch.discovery import Plugins
from kdorch.errors import PluginError, Problem
from kdorch.kinds import Loss, Task, Teacher
from kdorch.spec import Choice
from kdorch.study.metrics import task_of
from kdorch.study.paths import NotTunable, locate
from kdorch.study.space import dimension, specs

_WHERE = "store.top"
_WHOLE = "full_distribution"
_HALF, _SINGLE = 2, 4  # bytes of a number
_IDS = (1, 2, 4)  # and of a whole one


def unstorable(sections: Mapping[str, Any], plugins: Plugins) -> Iterator[Problem]:
    """Yield what needs more than ``store.top``; None stands for a section that could not be read."""
    store, dataset, teacher = (sections.get(name) for name in ("store", "data", "teacher"))
    if store is None or store.top is None:
        return
    if dataset and dataset.tasks:
        with suppress(PluginError):  # of which `unmeasured` speaks
            yield from _undivided(task_of(dataset, plugins))
    if teacher and teacher.recalled:
        yield from _recalling(teacher)
    for path, part in specs(sections):
        if isinstance(part, Loss) and any(_WHOLE in each.demands() for each in _settings(part, sections)):
            yield Problem(
                path,
                f"loss {part.name!r}, as it is set or tuned here, needs the whole distribution; of that, "
                f"store.top keeps {store.top} entries, and what the others have together.",
                "Leave store.top out, or use forward_kl, reverse_kl, jsd or hinton at temperature 1.",
            )


def bytes_of(top: int, entries: int) -> int:
    """Return the bytes of one distribution by its largest entries: they and the rest, and their ids."""
    return (top + 1) * _HALF + top * next(size for size in _IDS if entries <= 256**size)


def answer_bytes(task: Task, top: int | None) -> int:
    """Return the bytes that are stored of a teacher's answer to one row."""
    *places, entries = task.output_shape
    return prod(places) * (bytes_of(top, entries) if top else _SINGLE * entries)


def unkept(top: int | None, task: Task) -> Iterator[Problem]:
    """Yield that more entries are asked for than there are, once their number is known."""
    if top and top > task.outputs:
        yield Problem(_WHERE, f"a distribution has {task.outputs} entries.", f"Write at most {task.outputs}.")


def _undivided(task: type[Task]) -> Iterator[Problem]:
    if not task.exclusive:
        what = "keeps the largest entries of a distribution, of which one is right; the answers of"
        yield Problem(_WHERE, f"{what} {task.name} are none.", "Leave it out.")


def _recalling(teacher: Teacher) -> Iterator[Problem]:
    mixed = ", ".join(sorted(teacher.recalled))
    what = f"of {teacher.name}, {mixed} act in each trial, on everything that was stored."
    yield Problem(_WHERE, what, "Leave it out, or use another teacher.")


def _settings(loss: Loss, sections: Mapping[str, Any]) -> Iterator[Loss]:
    """Yield a loss as it is written, and at the ends of everything that is tuned in it."""
    yield loss
    for path, mark in (sections.get("tune") or {}).items():
        with suppress(NotTunable, ValidationError):  # told where `tune` is checked
            place = locate(path, sections)
            if place and place.owner is loss:
                values = dimension(path, mark, place).mark
                ends = values.options if isinstance(values, Choice) else (values.low, values.high)
                yield from (type(loss).model_validate(place.holding(end)) for end in ends)
