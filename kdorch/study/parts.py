"""A plugin, or a choice of plugins, as a field of the study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, field_validator

from kdorch.errors import did_you_mean
from kdorch.kinds import Loss, Student
from kdorch.spec import Choice, Range, Spec

S = TypeVar("S", bound=Spec)


class OneOf(BaseModel, Generic[S]):
    """Plugins to choose from; which one is searched.

    Attributes:
        any: The options by label. A list labels each option with its plugin's name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    any: Annotated[dict[str, S], Field(min_length=2)]

    @field_validator("any", mode="before")
    @classmethod
    def _label(cls, options: Any) -> Any:
        if not isinstance(options, list | tuple):
            return options
        names = [option.name if isinstance(option, Spec) else _name(option) for option in options]
        if len(set(names)) < len(names):
            raise ValueError("two options have the same name; label them: any: {first: {use: …}, second: {use: …}}")
        return dict(zip(names, options, strict=True))


def _name(option: Any) -> str:
    if isinstance(option, Mapping) and "use" in option:
        return str(option["use"])
    raise ValueError(f"write each option as {{use: NAME, …}}, not {option!r}")


def _form(value: Any) -> str:
    choice = isinstance(value, OneOf) or (isinstance(value, Mapping) and "any" in value)
    return "<choice>" if choice else "<one>"  # in brackets, to tell it from a key in error locations


def _plain(value: Any) -> Any:
    """Let an ``OneOf`` written in Python take the type of the field that holds it."""
    return {"any": value.any} if isinstance(value, OneOf) else value


StudentPart = Annotated[
    Annotated[OneOf[Student], Tag("<choice>")] | Annotated[Student, Tag("<one>")],
    Discriminator(_form),
    BeforeValidator(_plain),
]
LossPart = Annotated[
    Annotated[OneOf[Loss], Tag("<choice>")] | Annotated[Loss, Tag("<one>")],
    Discriminator(_form),
    BeforeValidator(_plain),
]


def mark(value: Any) -> str | Range | Choice:
    """Read what stands beside a path under ``tune``.

    Raises:
        ValueError: If it is neither ``auto``, nor a range, nor a list of options.
    """
    if value == "auto" or isinstance(value, Range | Choice):
        return value  # type: ignore[no-any-return]
    if isinstance(value, list | tuple):
        return Choice(*value)
    if isinstance(value, Mapping):
        return _range(dict(value))
    raise ValueError(f"write auto, {{low: …, high: …}} or a list of options, not {value!r}")


def _range(fields: dict[str, Any]) -> Range:
    known = ("low", "high", "log", "step")
    for key in fields.keys() - set(known):
        raise ValueError(f"a range has no {key!r}. {did_you_mean(key, known)}")
    for key in {"low", "high"} - fields.keys():
        raise ValueError(f"a range needs {key}: write {{low: …, high: …}}")
    for key in ("low", "high", "step"):
        if isinstance(fields.get(key), bool) or not isinstance(fields.get(key, 0), int | float):
            raise ValueError(f"{key} must be a number, not {fields[key]!r}")
    if not isinstance(fields.get("log", False), bool):
        raise ValueError(f"log must be true or false, not {fields['log']!r}")
    return Range(**fields)


def unmark(value: str | Range | Choice) -> Any:
    """Write a mark as the study file does."""
    if isinstance(value, Choice):
        return list(value.options)
    if isinstance(value, Range):
        return {key: field for key, field in vars(value).items() if field not in (None, False)}
    return value
