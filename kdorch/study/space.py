"""The search space: dotted paths of the study, each with the values to try."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from kdorch.errors import Problem, did_you_mean
from kdorch.spec import Choice, Range
from kdorch.study.parts import OneOf

if TYPE_CHECKING:
    from kdorch.study.model import Study


@dataclass(frozen=True)
class Dimension:
    """One searched parameter.

    Attributes:
        path: Its name in the study, in Optuna and in MLflow.
        kind: ``int``, ``float`` or ``choice``.
        mark: Its range or options.
        when: The choice (path, label) that must be taken for this parameter to exist.
    """

    path: str
    kind: Literal["int", "float", "choice"]
    mark: Range | Choice
    when: tuple[str, str] | None = None


class NotTunable(Exception):  # noqa: N818  never leaves this package: it becomes a Problem
    """Why a path cannot be searched, and what to write instead."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.problem = what, hint


def space(study: Study) -> list[Dimension]:
    """Return the dimensions of a study that has been checked; choices come before what depends on them."""
    sections = {field: getattr(study, field) for field in type(study).model_fields}
    return [*choices(sections), *(dimension(path, mark, sections) for path, mark in study.tune.items())]


def choices(sections: Mapping[str, Any]) -> Iterator[Dimension]:
    """Yield a dimension for every part that is a choice of plugins."""
    parts = {"student": sections.get("student")} | {
        f"losses.{label}": part for label, part in (sections.get("losses") or {}).items()
    }
    for path, part in parts.items():
        if isinstance(part, OneOf):
            yield Dimension(path, "choice", Choice(*part.any))


def dimension(path: str, mark: str | Range | Choice, sections: Mapping[str, Any]) -> Dimension:
    """Return the dimension that a line under ``tune`` describes.

    Raises:
        NotTunable: If the path leads nowhere, or it says ``auto`` and nothing declares a range.
    """
    owner, field, when = _owner(path, sections)
    annotation, declared = _field(owner, field, path)
    if mark == "auto":
        if declared is None:
            raise NotTunable(f"{path} says auto, but {_title(owner)} declares no range for it.", "Write {low: …, high: …}.")
        mark = declared
    if isinstance(mark, Choice):
        return Dimension(path, "choice", mark, when)
    assert isinstance(mark, Range)  # noqa: S101  for mypy: a mark is auto, a range or a choice
    if annotation not in (int, float):
        raise NotTunable(f"{path} is not a number.", "Write a list of options to choose from.")
    if annotation is int and not all(float(end).is_integer() for end in (mark.low, mark.high)):
        raise NotTunable(f"{path} takes whole numbers, not {mark.low} to {mark.high}.")
    return Dimension(path, "int" if annotation is int else "float", mark, when)


def _owner(path: str, sections: Mapping[str, Any]) -> tuple[Any, list[str], tuple[str, str] | None]:
    """Return the spec or section that holds the field, the rest of the path, and the choice it depends on."""
    root, *rest = path.split(".")
    if root == "train":
        return sections["train"], rest, None
    if root == "losses" and rest:
        label, *rest = rest
        losses = sections["losses"]
        if label not in losses:
            raise NotTunable(f"there is no loss {label!r}.", did_you_mean(label, losses))
        part, where = losses[label], f"losses.{label}"
    elif root == "student":
        part, where = sections["student"], "student"
    else:
        _refuse(root)
    if not isinstance(part, OneOf):
        return part, rest, None
    if not rest or rest[0] not in part.any:
        paths = [".".join([where, option, *rest]) for option in part.any]
        raise NotTunable(f"{where} is a choice, so say of which option.", f"Write {' or '.join(paths)}.")
    return part.any[rest[0]], rest[1:], (where, rest[0])


def _refuse(root: str) -> None:
    reasons = {"teacher": "the teacher runs once for all trials", "data": "all trials see the same rows"}
    if root in reasons:
        raise NotTunable(f"{root} cannot be searched: {reasons[root]}.", "Make one study for each.")
    raise NotTunable(f"nothing under {root!r} can be searched.", did_you_mean(root, ("student", "losses", "train")))


def _field(owner: BaseModel, rest: list[str], path: str) -> tuple[Any, Range | Choice | None]:
    fields = type(owner).model_fields
    if not rest:
        raise NotTunable(f"{path} names no field.", did_you_mean("", (f"{path}.{field}" for field in fields)))
    name, *deeper = rest
    if name not in fields:
        raise NotTunable(f"{_title(owner)} has no field {name!r}.", did_you_mean(name, fields))
    info = fields[name]
    if deeper:
        return _nested(getattr(owner, name), deeper, path), None
    declared = next((mark for mark in info.metadata if isinstance(mark, Range | Choice)), None)
    return _bare(info.annotation), declared


def _nested(value: Any, keys: list[str], path: str) -> type:
    """Return the type of a key inside a mapping, as in ``student.args.width``."""
    for key in keys[:-1]:
        value = value.get(key) if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping):
        raise NotTunable(f"{path} leads into something that holds no keys.")
    return type(value.get(keys[-1], 0.0))


def _bare(annotation: Any) -> Any:
    """Return ``int`` for ``int | None`` and the like."""
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
        return kinds[0] if len(kinds) == 1 else annotation
    return annotation


def _title(owner: BaseModel) -> str:
    return f"{owner.kind} {owner.name!r}" if hasattr(owner, "kind") else type(owner).__name__.lower()


def problems(path: str, mark: Any, sections: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong with a line under ``tune``."""
    where = f"tune.{path}"
    try:
        found = dimension(path, mark, sections)
    except NotTunable as error:
        what, hint = error.problem
        return [Problem(where, what, hint)]
    owner, field, _ = _owner(path, sections)
    ends = found.mark.options if isinstance(found.mark, Choice) else (found.mark.low, found.mark.high)
    return [problem for end in ends for problem in _rejected(owner, field, end, where)]


def _rejected(owner: BaseModel, field: list[str], value: Any, where: str) -> list[Problem]:
    from pydantic import ValidationError

    fields = {name: getattr(owner, name) for name in type(owner).model_fields}
    if len(field) > 1:
        return []  # inside a mapping, only the network knows what is valid
    try:
        type(owner).model_validate(fields | {field[0]: value})
    except ValidationError as error:
        return [Problem(where, f"{_title(owner)} does not take {value!r}: {error.errors()[0]['msg']}.")]
    return []


def bind(study: Study, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ``student``, ``losses`` and ``train`` of one trial, as trees, with its parameters in place."""
    tree = study.tree()
    trial = {"student": tree["student"], "losses": tree["losses"], "train": tree["train"]}
    for path, value in params.items():
        *parents, last = path.split(".")
        node = trial
        for key in parents:
            node = node["any"][key] if "any" in node and key in node["any"] else node[key]
        if isinstance(node.get(last), dict) and "any" in node[last]:
            continue
        node[last] = value
    return _decide(deepcopy(trial), params)


def _decide(trial: dict[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """Replace every choice by the option taken."""
    if "any" in trial["student"]:
        trial["student"] = trial["student"]["any"][params["student"]]
    for label, part in trial["losses"].items():
        if "any" in part:
            trial["losses"][label] = part["any"][params[f"losses.{label}"]]
    return trial
