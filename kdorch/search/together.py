"""Make sure that the parts of a study fit together, before a trial is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kdorch.errors import Problem, StudyError
from kdorch.execution import Executor
from kdorch.kinds import Loss, Student
from kdorch.search import features
from kdorch.search.calling import call
from kdorch.search.patience import TRY
from kdorch.spec import Choice, Spec
from kdorch.study import OneOf, Study
from kdorch.study.space import Dimension, bind, parts, space

_TOGETHER = "kdorch.training.together:run"
_Variant = tuple[Spec, str, dict[str, Any], dict[str, Any]]


def fit_together(
    study: Study,
    executor: Executor,
    data: Mapping[str, Any],
    teacher: str | None = None,
    source: Mapping[str, Any] | None = None,
    *,
    device: str = "cpu",
) -> None:
    """Try every student with every loss on two rows.

    Args:
        study: One that has been checked.
        executor: Where to try them.
        data: The stored dataset.
        teacher: Directory of the teacher's stored outputs. Without, random logits stand in for it, and losses
            that need more of it are left out.
        source: Where the teacher's features are stored. Without, it is asked for them, unless it takes rows
            as they are shipped, which are not here: losses that need features are then left out.
        device: Where to compute.

    Raises:
        StudyError: With everything that does not fit.
    """
    chosen = {path: next(iter(part.any)) for path, part in parts(dict(study)) if isinstance(part, OneOf)}
    shows = teacher is not None and (source is not None or not study.teacher.raw)
    tried = [each for each in _variants(study, chosen) if shows or "features" not in each[0].needs]
    reads = any("features" in each[0].needs for each in tried)
    spec = {
        "device": device,
        "data": data["path"],
        "teacher": teacher,
        "features": source or features.asked(study, teacher) if teacher and reads else None,
        "recall": bind(study, chosen).get("teacher"),
        "task": data["facts"]["task"] | {"metrics": list(study.metrics)},
        "students": [variant for part, *variant in tried if isinstance(part, Student)],
        "losses": [variant for part, *variant in tried if isinstance(part, Loss)],
    }
    found = call(executor, _TOGETHER, spec, timeout=TRY)["problems"]
    if found:
        raise StudyError([Problem(where, what) for where, what in found], f"study {study.name!r}")


def _variants(study: Study, chosen: Mapping[str, str]) -> Iterator[_Variant]:
    """Yield each option of student and losses at both ends of what is tuned in it.

    Args:
        study: The study.
        chosen: An option of each choice.

    Yields:
        The option as it is written, its key, how it is in this variant, and the parameters that make it so.
    """
    dimensions = space(study)
    for path, part in parts(dict(study)):
        for label, option in part.any.items() if isinstance(part, OneOf) else [("", part)]:
            taken = {path: label} if label else {}
            own = [each for each in dimensions if each.path.startswith(f"{path}.{label}".rstrip(".") + ".")]
            ends = [dict(zip((each.path for each in own), end, strict=True)) for end in _ends(own)]
            for params in ends:
                trial = bind(study, {**chosen, **taken, **params})
                bound = trial["student"] if path == "student" else trial["losses"][path.partition(".")[2]]
                yield option, f"{path}.any.{label}" if label else path, bound, params


def _ends(dimensions: list[Dimension]) -> Iterator[list[Any]]:
    """Yield the first value of every dimension, and the last, where there are some."""
    for end in (0, -1) if dimensions else (0,):
        marks = (each.mark for each in dimensions)
        yield [
            mark.options[end] if isinstance(mark, Choice) else (mark.low, mark.high)[end] for mark in marks
        ]
