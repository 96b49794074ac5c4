"""``kdorch plugins``: what is installed."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from kdorch.errors import PluginError

if TYPE_CHECKING:
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
    click.echo("Next: kdorch plugins show KIND/NAME")


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
@click.argument("name", metavar="KIND/NAME")
def show(name: str) -> None:
    """Show one plugin: its fields with defaults and ranges, what it needs, its reference."""
    from kdorch.discovery import installed
    from kdorch.kinds import KINDS

    kind, slash, short = name.partition("/")
    if not slash or kind not in KINDS:
        raise PluginError(f"Write KIND/NAME, as in loss/hinton; kinds are {', '.join(KINDS)}.")
    found = installed()
    _print_one(found.find(kind, short), str(found.origin(kind, short)))


def _print_one(spec: type[Spec], origin: str) -> None:
    from inspect import cleandoc

    console = _console()
    console.print(f"{spec.kind}/{spec.name}  {origin}\n", style="bold")
    console.print(cleandoc(spec.__doc__ or ""))
    table = _table("field", "type", "default", "range for auto")
    ranges = spec.search_space()
    for field, info in spec.model_fields.items():
        default = "required" if info.is_required() else repr(info.get_default(call_default_factory=True))
        table.add_row(field, _type(info.annotation), default, _range(ranges.get(field)))
    if spec.model_fields:
        console.print()
        console.print(table)
    facts = {"needs": spec.needs, "provides": spec.provides, "tasks": spec.tasks}
    for fact, values in facts.items():
        if values:
            console.print(f"{fact}: {', '.join(sorted(values))}")
    if spec.reference:
        console.print(f"reference: {spec.reference}")


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
