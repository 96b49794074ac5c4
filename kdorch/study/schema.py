"""A JSON schema of studies for editors, with what the installed plugins take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, cast

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from kdorch.discovery import Plugins
from kdorch.errors import PluginError
from kdorch.kinds import Dataset, Loss, Measure, Schedule, Student, Task, Teacher
from kdorch.spec import Range, Spec, explained
from kdorch.study.metrics import measured
from kdorch.study.model import Study
from kdorch.study.parts import OneOf
from kdorch.study.settings import SETTINGS
from kdorch.tasks.metrics import named

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PARTS: tuple[type[Spec], ...] = (Dataset, Teacher, Student, Loss, Measure)
_MARK = {"$ref": "#/$defs/Mark"}
_NAME = "[A-Za-z0-9][A-Za-z0-9_-]*"


class _Lenient(GenerateJsonSchema):
    """Leaves open what has no schema: a field of somebody's own type must not cost all others theirs."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012  as pydantic has it

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> Schema:
        return {}


def schema(plugins: Plugins) -> Schema:
    """Return the schema, in the dialect of 2020-12; plugins that cannot be imported are left out."""
    usable = {kind.kind: list(_usable(kind.kind, plugins)) for kind in _PARTS}
    models: list[type[BaseModel]] = [Study, *SETTINGS.values(), OneOf[Student], OneOf[Loss], *_PARTS]
    models += [spec for specs in usable.values() for spec in specs]
    refs, whole = models_json_schema([(model, "validation") for model in models], schema_generator=_Lenient)
    ref = {model: refs[model, "validation"]["$ref"] for model in models}
    parts: dict[str, Schema] = whole["$defs"]
    at = {model: ref[model].removeprefix("#/$defs/") for model in models}
    for kind in _PARTS:
        for spec in usable[kind.kind]:
            parts[at[spec]] = _plugin(spec, parts[at[spec]])
        parts[at[kind]] = _any_of_kind(kind, {spec: ref[spec] for spec in usable[kind.kind]})
    for kind in (Student, Loss):
        parts[at[OneOf[kind]]] = _choice(kind, ref[kind])  # type: ignore[valid-type]
    for model in SETTINGS.values():
        _describe(model, parts[at[model]])
    _describe(Schedule, parts["Schedule"])
    parts["Mark"] = _mark()
    study = parts.pop(at[Study])
    _describe(Study, study)
    _complete(study["properties"], usable, plugins)
    _allow_nothing(study)
    return {"$schema": DIALECT, **study, "title": "A study of kdorch", "$defs": parts}


def _usable(kind: str, plugins: Plugins) -> Iterator[type[Spec]]:
    for name in plugins.names(kind):
        with suppress(PluginError):  # broken, or two of one name
            yield plugins.find(kind, name)


def _plugin(spec: type[Spec], fields: Schema) -> Schema:
    """Return the schema of one plugin: its fields, and ``use`` with its name."""
    _describe(spec, fields)
    for field, mark in spec.search_space().items():
        about = fields["properties"][field]
        words = f"{mark.low} to {mark.high}" if isinstance(mark, Range) else ", ".join(map(str, mark.options))
        about["description"] = f"{about.get('description', '')} Range for auto: {words}.".strip()
    use = {"use": {"const": spec.name}}
    required = ["use", *fields.get("required", ())]
    return fields | {"properties": use | fields.get("properties", {}), "required": required}


def _any_of_kind(kind: type[Spec], refs: Mapping[type[Spec], str]) -> Schema:
    """Return the schema of ``{use: name, ...}``: the name decides which fields there are."""
    names = [{"const": spec.name, "description": _summary(spec)} for spec in refs]
    cases = [
        {"if": {"properties": {"use": {"const": spec.name}}, "required": ["use"]}, "then": {"$ref": ref}}
        for spec, ref in refs.items()
    ]
    use = {"anyOf": names, "description": f"Which {kind.kind}."}
    return {"type": "object", "properties": {"use": use}, "required": ["use"], "allOf": cases}


def _choice(kind: type[Spec], ref: str) -> Schema:
    options = {"type": "array", "items": {"$ref": ref}, "minItems": 2}
    labelled = {"type": "object", "propertyNames": {"pattern": f"^{_NAME}$"}, "minProperties": 2}
    either = [options, labelled | {"additionalProperties": {"$ref": ref}}]
    about = f"Each {kind.kind} to choose from; which one is searched."
    any_ = {"anyOf": either, "description": about}
    return {"type": "object", "properties": {"any": any_}, "required": ["any"], "additionalProperties": False}


# ---------------------------------------------------------------- sections


def _complete(sections: Schema, usable: Mapping[str, list[type[Spec]]], plugins: Plugins) -> None:
    """Fill in what pydantic cannot know: the paths under ``tune``, names of metrics, labels."""
    sections["name"] |= {"pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$"}
    sections["losses"] |= {"propertyNames": {"pattern": f"^(?!(any|use)$){_NAME}$"}}
    sections["references"] |= {"propertyNames": {"pattern": f"^(?!(use|teacher)$){_NAME}$"}}
    sections["tune"] |= _tune(usable)
    known: dict[str, str] = {}
    scores: dict[str, str] = {}
    for task in cast("Iterator[type[Task]]", _usable("task", plugins)):
        known |= measured(task, plugins)
        scores |= named(task)
    known |= {f"val/{score}": way for score, way in scores.items()}
    sections["objectives"] |= {"properties": {metric: {"const": way} for metric, way in known.items()}}
    sections["limits"] |= {"properties": {metric: {"type": "number"} for metric in known}}
    sections["metrics"]["items"] = {"enum": sorted(scores)}


def _tune(usable: Mapping[str, list[type[Spec]]]) -> Schema:
    train = [f"train.{field}" for field in SETTINGS["train"].model_fields]
    fields = {
        kind: {field for spec in usable[kind] for field in spec.model_fields} for kind in ("student", "loss")
    }
    student = [f"student.{field}" for field in sorted(fields["student"])]
    below = {kind: f"({'|'.join(sorted(names))})(\\..+)?$" for kind, names in fields.items()}
    return {
        "properties": dict.fromkeys([*train, *student], _MARK),
        "patternProperties": {
            f"^student(\\.{_NAME})?\\.{below['student']}": _MARK,
            f"^losses\\.{_NAME}(\\.{_NAME})?\\.{below['loss']}": _MARK,
        },
        "additionalProperties": False,
    }


def _mark() -> Schema:
    """Return the schema of what stands beside a path under ``tune``."""
    number = {"type": "number"}
    limits = {"low": number, "high": number, "step": number, "log": {"type": "boolean"}}
    range_ = {
        "type": "object",
        "properties": limits,
        "required": ["low", "high"],
        "additionalProperties": False,
    }
    scalars = {"type": ["number", "string", "boolean", "null"]}
    return {"anyOf": [{"const": "auto"}, range_, {"type": "array", "items": scalars, "minItems": 1}]}


def _allow_nothing(study: Schema) -> None:
    """Let optional sections be empty, as when all their lines are comments."""
    for name, section in study["properties"].items():
        if name not in study["required"]:
            about = {key: section.pop(key) for key in ("description", "default", "title") if key in section}
            study["properties"][name] = about | {"anyOf": [section, {"type": "null"}]}


# ---------------------------------------------------------------- words


def _describe(model: type[BaseModel], fields: Schema) -> None:
    """Take descriptions from the docstring, which has those of its fields under ``Attributes:``."""
    fields["description"] = _summary(model)
    for name, words in explained(model).items():
        if name in fields.get("properties", {}):
            fields["properties"][name]["description"] = words


def _summary(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().partition("\n")[0]
