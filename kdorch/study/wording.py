"""Pydantic's findings as sentences for somebody who writes a study."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from kdorch.errors import Problem, UnknownPart, shown

Place = tuple[str | int, ...]
_WHOLE, _NUMBER, _SWITCH = "should be a whole number", "should be a number", "should be true or false"
_BYTES = "should be a size such as 10GB"
_SENTENCES = {
    "bool_parsing": _SWITCH,
    "bool_type": _SWITCH,
    "byte_size": _BYTES,
    "byte_size_unit": _BYTES,
    "dict_type": "should be a mapping of keys",
    "finite_number": "should be a finite number",
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "greater_than": "should be above {gt}",
    "greater_than_equal": "should be at least {ge}",
    "int_from_float": _WHOLE,
    "int_parsing": _WHOLE,
    "int_type": _WHOLE,
    "less_than": "should be below {lt}",
    "less_than_equal": "should be at most {le}",
    "list_type": "should be a list",
    "missing": "is missing",
    "model_type": "should be a mapping of keys",
    "path_type": "should be the path of a file",
    "string_type": "should be text",
    "too_short": "is empty",
    "tuple_type": "should be a list",
}
# These say all by themselves; the others are followed by the value.
_COMPLETE = ("missing", "no_use", "too_short", "unknown_field", "unknown_plugin", "value_error")
_NUMERIC = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
EXAMPLES = {
    "name": "name: digits_small",
    "data": "data: {use: digits}",
    "teacher": "teacher: {use: trained, network: {use: mlp, width: 256}}",
    "references": "references: {small: {use: trained, network: {use: mlp, width: 8}}}",
    "student": "student: {use: mlp}",
    "losses": "losses: {task: {use: task, weight: 0.1}, kd: {use: hinton, weight: 0.9}}",
    "seed": "seed: 0",
    "split": "split: {validation: 0.2, test: 0.2}",
    "transfer": "transfer: {labels: 50}",
    "augment": "augment: {views: 4, shift: 1}",
    "train": "train: {epochs: 20}",
    "tune": "tune: {student.width: auto}",
    "objectives": "objectives: {val/accuracy: max, size/params: min}",
    "limits": "limits: {size/params: 10000}",
    "metrics": "metrics: [auroc]",
    "measures": "measures: [{use: NAME}]",
    "plugins": "plugins: [./my_loss.py]",
    "store": "store: {disk: 10GB}",
    "search": "search: {trials: 40}",
    "confirm": "confirm: {seeds: 5}",
}


def problems(error: ValidationError, value: Any, where: str = "") -> list[Problem]:
    """Return every mistake that pydantic found in a value, which stands at ``where``."""
    found: dict[Place, list[Mapping[str, Any]]] = {}
    for detail in error.errors():
        found.setdefault(place(detail, value), []).append(detail)
    return [
        _problem([*([where] if where else []), *map(str, keys)], details)
        for keys, details in found.items()
        if not _outdone(keys, details, found)
    ]


def place(detail: Mapping[str, Any], value: Any) -> Place:
    """Return where a finding stands in the value, without pydantic's own words for alternatives."""
    keys: list[str | int] = []
    for key in detail["loc"]:
        inside = isinstance(value, Mapping) and key in value
        among = isinstance(value, list | tuple) and isinstance(key, int) and key < len(value)
        if inside or among:
            keys.append(key)
            value = value[key]
        elif keys[-1:] == ["any"] and isinstance(value, list | tuple) and not _tag(key):
            keys.append(key)
            value = next((option for option in value if _names(option, key)), None)
        elif detail["type"] == "missing" and key == detail["loc"][-1]:
            keys.append(key)
    return tuple(keys)


def _tag(key: str | int) -> bool:
    return str(key).startswith(("<", "["))


def _names(option: Any, label: str | int) -> bool:
    return isinstance(option, Mapping) and str(option.get("use")) == label


def _outdone(keys: Place, details: list[Mapping[str, Any]], found: Iterable[Place]) -> bool:
    """Return whether an alternative got further into the value than this one, which was not meant then."""
    is_alternative = any(sum(not _tag(key) for key in detail["loc"]) > len(keys) for detail in details)
    return is_alternative and any(len(other) > len(keys) and other[: len(keys)] == keys for other in found)


def sentence(detail: Mapping[str, Any], tail: bool = True) -> str:
    """Return one of pydantic's findings as the sentence that follows the name of the key."""
    text, kind, value = _core(detail), detail["type"], detail["input"]
    if tail and kind not in _COMPLETE:
        text = f"has no value; it {text}" if value is None else f"{text}, not {shown(value)}"
    return text if text.endswith((".", "?")) else f"{text}."


def _core(detail: Mapping[str, Any]) -> str:
    facts = {name: _number(fact) for name, fact in detail.get("ctx", {}).items()}
    text = _SENTENCES.get(detail["type"], "").format(**facts)
    return text or detail["msg"].removeprefix("Value error, ").removeprefix("Input ")


def _number(fact: Any) -> Any:
    return int(fact) if isinstance(fact, float) and fact.is_integer() else fact


def _problem(keys: list[str], details: list[Mapping[str, Any]]) -> Problem:
    last = next((detail for detail in details if detail["loc"][-1:] == ("[key]",)), details[-1])
    text = sentence(last)
    if len(details) > 1 and all(detail["type"] not in _COMPLETE for detail in details):
        cores = dict.fromkeys(_core(detail).removeprefix("should be ") for detail in details)
        text = f"should be {' or '.join(cores)}, not {shown(last['input'])}."
    kind = UnknownPart if last["type"] == "unknown_plugin" else Problem
    return kind(".".join(keys), text, _hint(keys, last))


def _hint(keys: list[str], detail: Mapping[str, Any]) -> str:
    kind, value = detail["type"], detail["input"]
    unfit = kind in ("missing", "too_short") or kind.endswith("_type")
    if unfit and len(keys) == 1 and keys[0] in EXAMPLES:
        if kind == "string_type":
            return f'Put it in quotes: {keys[0]}: "{value}".' if isinstance(value, int | float) else ""
        return f"Write {EXAMPLES[keys[0]]}, say."
    if kind == "missing" and keys[-2:-1] == ["weight"]:
        return "Write weight: {from: 0, to: 0.9, epochs: 5}, say."
    if kind == "missing":  # only plugins have fields without a default
        entry = keys[-1].isdigit()
        return f"Write at least {int(keys[-1]) + 1}." if entry else f"Write {keys[-1]}: ... beside use:."
    if _core(detail) in (_WHOLE, _NUMBER):
        return _number_hint(keys, value)
    return ""


def _number_hint(keys: list[str], value: Any) -> str:
    if isinstance(value, str):
        return f"Leave out the quotes: {value}." if _NUMERIC.fullmatch(value) else ""
    if keys[0] == "limits" and isinstance(value, Mapping):
        return f"Write the bound alone: {keys[-1]}: 10000."
    searchable = keys[0] in ("student", "losses", "train") and isinstance(value, Mapping | list | tuple)
    return f"To search it, write it under tune: as {'.'.join(keys)}." if searchable else ""
