"""``kdorch plugins show``: one plugin."""

from __future__ import annotations

import json
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

import click

from kdorch.cli.hints import say_next
from kdorch.cli.plugins.naming import NAME, kind_and_name

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from kdorch.spec import Spec


@click.command()
@NAME
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def show(name: str, as_json: bool) -> None:
    """Show one plugin: its fields with defaults and ranges, what it needs, its reference."""
    from kdorch.discovery import installed

    (kind, short), found = kind_and_name(name), installed()
    spec, origin = found.find(kind, short), str(found.origin(kind, short))
    if as_json:
        click.echo(json.dumps(_one(spec, origin), indent=1))
    else:
        _print_one(spec, origin)


def _print_one(spec: type[Spec], origin: str) -> None:
    from kdorch.cli.tables import console, table

    out, found = console(), _one(spec, origin)
    out.print(f"{spec.kind}/{spec.name}  {origin}\n", style="bold")
    out.print(found["doc"], soft_wrap=True)
    if found["fields"]:
        out.print()
        out.print(table([_told(field) for field in found["fields"]]))
    for fact in ("needs", "provides", "tasks"):
        if found[fact]:
            out.print(f"{fact}: {', '.join(found[fact])}")
    if spec.reference:
        out.print(f"reference: {spec.reference}", soft_wrap=True)
    say_next("kdorch plugins list")


def _told(field: dict[str, str]) -> dict[str, str]:
    return {"range for auto" if key == "range" else key: value for key, value in field.items()}


def _one(spec: type[Spec], origin: str) -> dict[str, Any]:
    """Return what there is to know about a plugin."""
    from kdorch.spec import description

    return {
        "kind": spec.kind,
        "name": spec.name,
        "distribution": origin,
        "doc": description(spec),
        "fields": _fields(spec),
        "needs": sorted(spec.needs),
        "provides": sorted(spec.provides),
        "tasks": sorted(spec.tasks),
        "reference": spec.reference,
    }


def _fields(spec: type[Spec]) -> list[dict[str, str]]:
    ranges = spec.search_space()
    return [
        {
            "field": field,
            "type": _type(info.annotation),
            "default": _default(info),
            "range": _range(ranges.get(field)),
        }
        for field, info in spec.model_fields.items()
    ]


def _default(info: FieldInfo) -> str:
    return "required" if info.is_required() else repr(info.get_default(call_default_factory=True))


def _type(annotation: Any) -> str:
    """Return a type as one would write it, without what `Annotated` says of it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _type(arguments[0])
    if origin in (Union, UnionType):
        return " | ".join(map(_type, arguments))
    if annotation in (None, NoneType):
        return "None"
    if arguments and origin is not Literal:
        return f"{_type(origin)}[{', '.join(map(_type, arguments))}]"
    plain = isinstance(annotation, type)
    return annotation.__name__ if plain else str(annotation).replace("typing.", "").replace("Ellipsis", "...")


def _range(mark: Any) -> str:
    from kdorch.spec import Range

    if mark is None:
        return ""
    if not isinstance(mark, Range):
        return ", ".join(map(str, mark.options))
    step = f", step {mark.step}" if mark.step is not None else ""
    return f"{mark.low} to {mark.high}{', logarithmic' if mark.log else step}"
