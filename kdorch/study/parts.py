"""A plugin, or a choice of plugins, as a field of the study; and what stands under ``tune``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, Discriminator, Tag, field_validator, model_validator

from kdorch.errors import did_you_mean, shown
from kdorch.kinds import Loss, Student
from kdorch.spec import Choice, Range, Spec, Strict

S = TypeVar("S", bound=Spec)
_FORM = "write any: [{use: NAME}, {use: NAME}]"
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def _plain(word: str) -> str:
    """Refuse labels that could not stand inside a dotted path or a metric's name."""
    if not _LABEL.fullmatch(word):
        raise ValueError(f"a label is made of letters, digits, _ and -, not {shown(word)}")
    return word


def _label(word: str) -> str:
    if word == "use":
        raise ValueError("each loss stands under a label of its own, as in losses: {kd: {use: ...}}")
    if word == "any":
        raise ValueError("any: stands inside a label, as in losses: {kd: {any: [...]}}")
    return word


def _reference_label(word: str) -> str:
    if word == "use":
        raise ValueError("each reference stands under a label of its own, as in references: {a: {use: ...}}")
    if word == "teacher":
        raise ValueError("'teacher' is the teacher itself: references stand beside it, under other labels")
    return word


Label = Annotated[str, AfterValidator(_plain), AfterValidator(_label)]
ReferenceLabel = Annotated[str, AfterValidator(_plain), AfterValidator(_reference_label)]


class OneOf(Strict, Generic[S]):
    """Plugins to choose from; which one is searched.

    Attributes:
        any: The options by label. A list labels each option with its plugin's name.
    """

    any: dict[Label, S]

    @model_validator(mode="before")
    @classmethod
    def _alone(cls, value: Any) -> Any:
        others = [str(key) for key in value if key != "any"] if isinstance(value, Mapping) else []
        if others:
            raise ValueError(f"any: stands alone; {', '.join(others)} belongs into each of its options")
        return value

    @field_validator("any", mode="before")
    @classmethod
    def _named(cls, options: Any) -> Any:
        if not isinstance(options, list | tuple | Mapping):
            raise ValueError(f"{_FORM}, not {shown(options)}")  # noqa: TRY004  pydantic's border
        if len(options) < 2:  # noqa: PLR2004
            raise ValueError(f"a choice needs at least two options: {_FORM}, or a single one without any:")
        if isinstance(options, Mapping):
            return options
        names = [option.name if isinstance(option, Spec) else _name(option) for option in options]
        if len(set(names)) < len(names):
            raise ValueError("two options have one name; label them: any: {a: {use: ...}, b: {use: ...}}")
        return dict(zip(names, options, strict=True))


def _name(option: Any) -> str:
    if isinstance(option, Mapping) and "use" in option:
        return str(option["use"])
    word = option if isinstance(option, str) else "NAME"
    raise ValueError(f"write each option as {{use: {word}}}, not {shown(option)}")


def _form(value: Any) -> str:
    choice = isinstance(value, OneOf) or (isinstance(value, Mapping) and "any" in value)
    return "<choice>" if choice else "<one>"  # in brackets, to tell it from a key in error locations


StudentPart = Annotated[
    Annotated[OneOf[Student], Tag("<choice>")] | Annotated[Student, Tag("<one>")],
    Discriminator(_form),
]
LossPart = Annotated[
    Annotated[OneOf[Loss], Tag("<choice>")] | Annotated[Loss, Tag("<one>")],
    Discriminator(_form),
]


def mark(value: Any) -> str | Range | Choice:
    """Read what stands beside a path under ``tune``.

    Raises:
        ValueError: If it is neither ``auto``, nor a range, nor a list of options.
    """
    if isinstance(value, Range | Choice):
        return value
    if isinstance(value, str) and value == "auto":
        return value
    if isinstance(value, list | tuple):
        return Choice(*value)
    if isinstance(value, Mapping):
        return _range(dict(value))
    raise ValueError(f"write auto, {{low: ..., high: ...}} or a list of options, not {shown(value)}")


def _range(fields: dict[str, Any]) -> Range:
    known, others = ("low", "high", "log", "step"), {"min": "low", "max": "high", "from": "low", "to": "high"}
    if fields and not {*known, *others} & fields.keys():
        text = f"{shown(next(iter(fields)))} is no part of a range"
        raise ValueError(f"{text}; paths stand in one line with dots, as in student.width: auto")
    wrong = [
        f"a range has no {shown(key)}. {did_you_mean(others.get(key, key), known)}"
        for key in fields
        if key not in known
    ]
    missing = " and ".join(key for key in ("low", "high") if key not in fields)
    if missing and not wrong:
        wrong = [f"a range needs {missing}: {{low: ..., high: ...}}."]
    if wrong:
        raise ValueError(" ".join(wrong))
    return Range(**fields)


def unmark(value: str | Range | Choice) -> Any:
    """Write a mark as the study file does."""
    if isinstance(value, Choice):
        return list(value.options)
    if isinstance(value, Range):
        return {key: field for key, field in vars(value).items() if field is not None and field is not False}
    return value
