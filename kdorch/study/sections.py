"""Read each section of a study by itself, so that a mistake in one hides none in the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Annotated, Any, get_origin

from pydantic import TypeAdapter, ValidationError

from kdorch.discovery import Plugins
from kdorch.errors import Problem, did_you_mean, shown
from kdorch.study.file import descend
from kdorch.study.model import Study
from kdorch.study.settings import SETTINGS
from kdorch.study.wording import EXAMPLES, Place, place
from kdorch.study.wording import problems as explained

_LABELLED = ("losses", "references")


def read_sections(
    tree: Mapping[str, Any], plugins: Plugins, folder: Path
) -> tuple[dict[str, Any], list[Problem]]:
    """Return the sections and what is wrong with them.

    Fields that are wrong are left at their defaults, so that all else can still be checked against the other
    sections; None stands for what could not be read at all.
    """
    sections: dict[str, Any] = {}
    context = {"find": plugins.find, "names": plugins.names, "folder": folder}
    problems = [_unknown(key) for key in tree if key not in Study.model_fields]
    for name, field in Study.model_fields.items():
        if tree.get(name) is not None:
            sections[name], found = _read(name, tree[name], context)
            problems += found
        elif field.is_required():
            sections[name] = None
            what = "is empty." if name in tree else "is missing."
            problems.append(Problem(name, what, f"Write {EXAMPLES[name]}, say."))
        else:
            # Missing, or a key without a value, as when all its lines are comments.
            sections[name] = field.get_default(call_default_factory=True)
    return sections, problems


def _read(name: str, value: Any, context: dict[str, Any]) -> tuple[Any, list[Problem]]:
    """Read a section, entry by entry where it is a mapping of entries."""
    by_key = get_origin(Study.model_fields[name].annotation) is dict
    if not (by_key and isinstance(value, dict) and value):
        return _validate(name, value, context)
    if name in _LABELLED and "use" in value:
        value = {"use": value["use"]}  # all else is a field of this part, which lacks a label
    entries, problems = {}, []
    for key, item in value.items():
        entry, found = _validate(name, {key: item}, context)
        entries[key] = entry[key] if entry else None
        problems += found
    return entries, problems


def _validate(name: str, value: Any, context: dict[str, Any]) -> tuple[Any, list[Problem]]:
    adapter = _adapter(name)
    try:
        return adapter.validate_python(value, context=context), []
    except ValidationError as error:
        found, wrong = explained(error, value, name), [place(detail, value) for detail in error.errors()]
    try:
        return adapter.validate_python(_without(value, wrong), context=context), found
    except ValidationError:
        return None, found


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    field = Study.model_fields[name]
    annotation: Any = Annotated[field.annotation, field]
    return TypeAdapter(annotation)


def _unknown(key: str) -> Problem:
    """Return what is wrong with a key that is no section; it may belong into one."""
    home = next((name for name, part in SETTINGS.items() if key in part.model_fields), None)
    hint = f"Write {home}: {{{key}: ...}}." if home else did_you_mean(key, Study.model_fields)
    return Problem(key or "''", f"a study has no {shown(key)}.", hint)


def _without(value: Any, places: Iterable[Place]) -> Any:
    """Leave out the fields at these places; a whole option of a choice stays, wrong as it is."""
    value = deepcopy(value)
    for keys in places:
        *above, last = ["", *map(str, keys)]
        node = value
        for key in above[1:]:
            node = descend(node, key)
        if isinstance(node, dict) and above[-1:] != ["any"]:
            node.pop(last, None)
    return value
