"""Where the dotted paths under ``tune`` lead."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from kdorch.errors import did_you_mean
from kdorch.kinds import Schedule
from kdorch.spec import Choice, Range, Spec, written
from kdorch.study.parts import OneOf


class NotTunable(Exception):  # noqa: N818  never leaves this package: it becomes a Problem
    """Why a path cannot be searched, and what to write instead."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what, self.hint = what, hint


@dataclass(frozen=True)
class Place:
    """A field of a plugin, a section or a schedule, or a key inside a field that is a mapping.

    Attributes:
        owner: What has the field.
        field: Its name.
        keys: The way on inside the field's value.
        when: The choice (path, label) that must be taken for this place to exist.
    """

    owner: BaseModel
    field: str
    keys: tuple[str, ...] = ()
    when: tuple[str, str] | None = None

    @property
    def declared(self) -> Range | Choice | None:
        """The range that the plugin declares for ``auto``; of a mapping, for each of its values."""
        metadata = type(self.owner).model_fields[self.field].metadata
        marks = (mark for mark in metadata if isinstance(mark, Range | Choice))
        return next(marks, None)

    @property
    def type(self) -> Any:
        """The field's type; inside a mapping, that of its values; None if nobody knows."""
        annotation = _bare(type(self.owner).model_fields[self.field].annotation)
        if not self.keys:
            return annotation
        if len(self.keys) == 1 and get_origin(annotation) is dict and get_args(annotation)[1] in (int, float):
            return get_args(annotation)[1]
        value = getattr(self.owner, self.field)
        for key in self.keys:
            value = value.get(key)
        return None if value is None else type(value)

    def holding(self, value: Any) -> dict[str, Any]:
        """Return the fields of the owner with this value in place."""
        fields = {name: getattr(self.owner, name) for name in type(self.owner).model_fields}
        for depth, key in reversed(list(enumerate(self.keys))):
            present = fields[self.field]
            for above in self.keys[:depth]:
                present = present.get(above, {})
            value = {**present, key: value}
        return fields | {self.field: value}

    @property
    def title(self) -> str:
        """What a reader calls the owner."""
        return title(self.owner)


def title(owner: BaseModel) -> str:
    """Return what a reader calls a plugin or a section."""
    return f"{owner.kind} {owner.name!r}" if isinstance(owner, Spec) else type(owner).__name__.lower()


def _bare(annotation: Any) -> Any:
    """Return ``int`` for ``int | None`` and the like; a schedule is tuned by its own fields."""
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [kind for kind in map(_bare, get_args(annotation)) if kind not in (type(None), Schedule)]
        return kinds[0] if len(kinds) == 1 else annotation
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def locate(path: str, sections: Mapping[str, Any]) -> Place | None:
    """Return where a path leads, or None if that part of the study could not be read.

    Raises:
        NotTunable: If it leads nowhere, or to what cannot be searched.
    """
    part, above, rest = _part(path, sections)
    if part is None:
        return None
    if not isinstance(part, OneOf):
        return _place(part, rest, path, None)
    if rest and rest[0] in part.any:
        return _place(part.any[rest[0]], rest[1:], path, (above, rest[0]))
    raise _undecided(part, above, rest)


def _part(path: str, sections: Mapping[str, Any]) -> tuple[Any, str, list[str]]:
    """Return the part or section that a path begins in, its own path, and the rest."""
    root, *rest = path.split(".")
    if root in ("train", "student"):
        return sections.get(root), root, rest
    if root == "teacher" and _recalled(sections.get("teacher"), rest):
        return sections.get("teacher"), root, rest
    if root != "losses":
        raise _refused(root)
    losses = sections.get("losses")
    if losses is None:
        return None, root, rest
    if not rest:
        raise NotTunable("losses are tuned one by one.", f"Write losses.{next(iter(losses))}.weight, say.")
    label, *rest = rest
    if label not in losses:
        raise NotTunable(f"there is no loss {label!r}.", did_you_mean(label, losses))
    return losses[label], f"losses.{label}", rest


def _recalled(teacher: Any, rest: list[str]) -> bool:
    """Say whether a field of the teacher acts in each trial; one that decides what it is does not."""
    if teacher is None:
        return True
    if rest and rest[0] in teacher.recalled:
        value = getattr(teacher, rest[0])
        if rest[1:] and isinstance(value, Mapping) and rest[1] not in value:
            raise NotTunable(f"there is no {rest[1]!r}.", did_you_mean(rest[1], value))
        return True
    able = " and ".join(f"teacher.{field}" for field in sorted(teacher.recalled))
    if able:
        raise NotTunable(f"of the teacher {able} can be searched: all else is made once for all trials.")
    raise NotTunable("teacher cannot be searched: it runs once for all trials.", "Make one study for each.")


def _refused(root: str) -> NotTunable:
    if root in ("data", "transfer", "augment"):
        what = f"{root} cannot be searched: all trials see the same rows."
        return NotTunable(what, "Make one study for each.")
    if root == "references":
        return NotTunable("references cannot be searched: they are made once.", "Write one for each.")
    return NotTunable(
        f"nothing under {root!r} can be searched.", did_you_mean(root, ("student", "losses", "train"))
    )


def _undecided(part: OneOf[Any], above: str, rest: list[str]) -> NotTunable:
    able = [label for label, option in part.any.items() if rest and rest[0] in type(option).model_fields]
    if able:
        paths = " or ".join(".".join([above, label, *rest]) for label in able)
        return NotTunable(f"{above} is a choice, so say of which option.", f"Write {paths}.")
    if rest:
        return NotTunable(f"{above} has no option {rest[0]!r}.", did_you_mean(rest[0], part.any))
    return NotTunable(f"{above} is a choice, so it is searched already.", "Remove this line.")


def _place(owner: BaseModel, rest: list[str], path: str, when: tuple[str, str] | None) -> Place:
    while len(rest) > 1 and isinstance(inner := getattr(owner, rest[0], None), Spec | Schedule):
        owner, rest = inner, rest[1:]
    fields = written(type(owner))
    if not rest:
        hint = f"Known: {', '.join(f'{path}.{field}' for field in fields)}."
        if isinstance(owner, Spec):
            hint += " To choose the plugin, write any: [...] in its own place."
        raise NotTunable("names no field.", hint)
    field, *keys = rest
    if field not in fields:
        raise NotTunable(f"{title(owner)} has no field {field!r}.", did_you_mean(field, fields))
    value = getattr(owner, fields[field])
    if isinstance(value, Schedule):
        raise NotTunable("is a schedule here.", f"Tune {path}.to or another of its fields.")
    for index, key in enumerate(keys):
        if not isinstance(value, Mapping):
            above = ".".join(path.split(".")[: index - len(keys)])
            raise NotTunable("leads into something that holds no keys.", f"Write {above}.")
        value = value.get(key)
    return Place(owner, fields[field], tuple(keys), when)
