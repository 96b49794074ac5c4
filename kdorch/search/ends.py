"""The trials at the ends of a search space: what is tried before the search, to know what it will be like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kdorch.search.phases import plan_spec
from kdorch.spec import Choice
from kdorch.study import Study
from kdorch.study.space import bind, space


def trials_at_the_ends(study: Study) -> list[dict[str, Any]]:
    """Return those of `extremes` as a worker takes trials, to try something with them."""
    return [
        plan_spec(tree, study.seed) | {"name": str(place), "weights": ""}
        for place, tree in enumerate(extremes(study))
    ]


def extremes(study: Study) -> Iterator[dict[str, Any]]:
    """Yield the trials at both ends of every range, for each student that may be chosen."""
    dimensions = space(study)
    students = next((each.mark for each in dimensions if each.path == "student"), None)
    for student in students.options if isinstance(students, Choice) else (None,):
        for end in (0, -1):
            params: dict[str, Any] = {} if student is None else {"student": student}
            for each in dimensions:
                if each.path in params or (each.when and params.get(each.when[0]) != each.when[1]):
                    continue
                ends = each.mark.options if isinstance(each.mark, Choice) else (each.mark.low, each.mark.high)
                # More rows at a step make an epoch shorter, so those go the other way round.
                params[each.path] = ends[-1 - end if each.path == "train.batch" else end]
            yield bind(study, params)
