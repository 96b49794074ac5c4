"""Pydantic's findings as sentences for somebody who writes a study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from kdorch.errors import Problem

_WHOLE, _NUMBER, _SWITCH = "should be a whole number", "should be a number", "should be true or false"
_SENTENCES = {
    "bool_parsing": _SWITCH,
    "bool_type": _SWITCH,
    "dict_type": "should be a mapping of keys",
    "finite_number": "should be a finite number",
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "int_from_float": _WHOLE,
    "int_parsing": _WHOLE,
    "int_type": _WHOLE,
    "list_type": "should be a list",
    "missing": "is missing",
    "model_type": "should be a mapping of keys",
    "string_type": "should be text",
    "too_short": "needs at least {min_length}",
    "tuple_type": "should be a list",
}
# These say all by themselves; the others are followed by the value.
_COMPLETE = ("missing", "no_use", "too_short", "unknown_field", "unknown_plugin", "value_error")


def problems(error: ValidationError, where: str = "") -> list[Problem]:
    """Return every mistake that pydantic found in what stands at ``where``."""
    return [_problem(detail, where) for detail in error.errors()]


def sentence(detail: Mapping[str, Any]) -> str:
    """Return one of pydantic's findings as the sentence that follows the name of the key."""
    kind, context = detail["type"], detail.get("ctx", {})
    text = _SENTENCES.get(kind, "").format(**context)
    text = text or detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
    if kind not in _COMPLETE:
        text += f", not {_shown(detail['input'])}"
    return text if text.endswith((".", "?")) else f"{text}."


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a mapping of keys"
    if isinstance(value, list | tuple):
        return "a list"
    return "nothing" if value is None else repr(value)


def _problem(detail: Mapping[str, Any], where: str) -> Problem:
    # What begins with a bracket is pydantic's own.
    keys = [str(key) for key in detail["loc"] if not str(key).startswith(("<", "["))]
    return Problem(".".join([where, *keys] if where else keys), sentence(detail))
