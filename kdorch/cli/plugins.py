"""``kdorch plugins``: what is installed."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from kdorch.cli.completion import plugins as complete
from kdorch.cli.hints import say_next
from kdorch.errors import PluginError

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from rich.console import Console
    from rich.table import Table

    from kdorch.discovery import Entry, Plugins
    from kdorch.spec import Spec


@click.group()
def plugins() -> None:
    """See which datasets, teachers, students, losses, tasks and measures are installed."""


@plugins.command("list")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def list_(as_json: bool) -> None:
    """List every plugin: kind, name, distribution, and what it is."""
    from kdorch.discovery import installed

    found = installed()
    rows, broken = [_row(entry) for entry in found], _broken(found)
    if as_json:
        click.echo(json.dumps({"plugins": rows, "broken": broken}, indent=1))
    else:
        _print(rows, broken)
    conflicts = [text for registry in found.registries.values() for text in registry.conflicts()]
    if conflicts:
        raise PluginError("\n".join(conflicts))


def _row(entry: Entry) -> dict[str, str]:
    row = {
        "kind": entry.kind,
        "name": entry.name,
        "distribution": entry.origin.distribution,
        "version": entry.origin.version,
    }
    try:
        return row | {"summary": (entry.spec.__doc__ or "").strip().partition("\n")[0]}
    except PluginError as error:
        return row | {"error": str(error)}


def _broken(found: Plugins) -> list[dict[str, str]]:
    from traceback import format_exception

    from kdorch.errors import reason

    return [
        {
            "distribution": origin.distribution,
            "version": origin.version,
            "error": reason(why),
            "traceback": "".join(format_exception(why)),
        }
        for origin, why in found.broken.items()
    ]


def _print(rows: list[dict[str, str]], broken: list[dict[str, str]]) -> None:
    console, table = _console(), _table("kind", "name", "distribution", "what it is")
    for row in rows:
        owner = f"{row['distribution']} {row['version']}"
        table.add_row(row["kind"], row["name"], owner, row.get("summary", "broken, see below"))
    console.print(table)
    for row in rows:
        if "error" in row:
            console.print(f"broken: {row['error']}", style="red")
    for row in broken:
        console.print(f"broken: {row['distribution']} {row['version']}: {row['error']}", style="red")
    say_next("kdorch plugins show KIND/NAME")


def _console() -> Console:
    from rich.console import Console

    # Brackets are part of types and error messages here, not markup; a pipe has no width to fit.
    width = None if sys.stdout.isatty() else 200
    return Console(markup=False, highlight=False, soft_wrap=True, width=width)


def _table(*columns: str) -> Table:
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


@plugins.command()
@click.argument("name", metavar="KIND/NAME", shell_complete=complete)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def show(name: str, as_json: bool) -> None:
    """Show one plugin: its fields with defaults and ranges, what it needs, its reference."""
    from kdorch.discovery import installed
    from kdorch.kinds import KINDS

    kind, slash, short = name.partition("/")
    if not slash or kind not in KINDS:
        raise PluginError(f"Write KIND/NAME, as in loss/hinton; kinds are {', '.join(KINDS)}.")
    found = installed()
    spec, origin = found.find(kind, short), str(found.origin(kind, short))
    if as_json:
        click.echo(json.dumps(_one(spec, origin), indent=1))
    else:
        _print_one(spec, origin)


def _print_one(spec: type[Spec], origin: str) -> None:
    console, found = _console(), _one(spec, origin)
    table = _table("field", "type", "default", "range for auto")
    console.print(f"{spec.kind}/{spec.name}  {origin}\n", style="bold")
    console.print(found["doc"])
    for field in found["fields"]:
        table.add_row(*field.values())
    if found["fields"]:
        console.print()
        console.print(table)
    for fact in ("needs", "provides", "tasks"):
        if found[fact]:
            console.print(f"{fact}: {', '.join(found[fact])}")
    if spec.reference:
        console.print(f"reference: {spec.reference}")
    say_next("kdorch plugins list")


def _one(spec: type[Spec], origin: str) -> dict[str, Any]:
    """Return what there is to know about a plugin."""
    from inspect import cleandoc

    return {
        "kind": spec.kind,
        "name": spec.name,
        "distribution": origin,
        "doc": cleandoc(spec.__doc__ or ""),
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
    return annotation.__name__ if isinstance(annotation, type) else str(annotation).replace("typing.", "")


def _range(mark: Any) -> str:
    from kdorch.spec import Range

    if mark is None:
        return ""
    if not isinstance(mark, Range):
        return ", ".join(map(str, mark.options))
    step = f", step {mark.step}" if mark.step is not None else ""
    return f"{mark.low} to {mark.high}{', logarithmic' if mark.log else step}"
