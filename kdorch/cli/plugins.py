"""``kdorch plugins``: what is installed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from kdorch.errors import PluginError

if TYPE_CHECKING:
    from kdorch.discovery import Plugins
    from kdorch.spec import Spec


@click.group()
def plugins() -> None:
    """See which datasets, teachers, students, losses, tasks and measures are installed."""


@plugins.command("list")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def list_(as_json: bool) -> None:  # noqa: FBT001  click passes flags by name
    """List every plugin: kind, name, distribution, and what it is."""
    from kdorch.discovery import installed

    found = installed()
    rows = [
        {
            "kind": entry.kind,
            "name": entry.name,
            "distribution": entry.origin.distribution,
            "version": entry.origin.version,
            "summary": entry.summary,
        }
        for entry in found
    ]
    broken = [
        {
            "distribution": origin.distribution,
            "version": origin.version,
            "error": f"{type(why).__name__}: {why}",
        }
        for origin, why in found.broken.items()
    ]
    if as_json:
        click.echo(json.dumps({"plugins": rows, "broken": broken}, indent=1))
    else:
        _print(rows, broken)
    _refuse_conflicts(found)


def _print(rows: list[dict[str, str]], broken: list[dict[str, str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("kind", "name", "distribution"):
        table.add_column(column, no_wrap=True)
    table.add_column("what it is")
    for row in rows:
        table.add_row(row["kind"], row["name"], f"{row['distribution']} {row['version']}", row["summary"])
    console = Console()
    console.print(table)
    for row in broken:
        console.print(
            f"broken: {row['distribution']} {row['version']}: {row['error']}", style="red", markup=False
        )
    click.echo("Next: kdorch plugins show KIND/NAME")


def _refuse_conflicts(found: Plugins) -> None:
    for kind, registry in found.registries.items():
        for name in registry.conflicts():
            found.find(kind, name)  # raises, and names both distributions


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

    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    console.print(f"[bold]{spec.kind}/{spec.name}[/bold]  {origin}\n")
    console.print(cleandoc(spec.__doc__ or ""), markup=False)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("field", "type", "default", "range for auto"):
        table.add_column(column)
    ranges = spec.search_space()
    for field, info in spec.model_fields.items():
        default = "required" if info.is_required() else repr(info.default)
        table.add_row(field, _type(info.annotation), default, _range(ranges.get(field)))
    if spec.model_fields:
        console.print()
        console.print(table)
    facts = {"needs": spec.needs, "provides": spec.provides, "tasks": spec.tasks}
    for fact, values in facts.items():
        if values:
            console.print(f"{fact}: {', '.join(sorted(values))}")
    if spec.reference:
        console.print(f"reference: {spec.reference}", markup=False)


def _type(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation).replace("typing.", "")


def _range(mark: Any) -> str:
    from kdorch.spec import Range

    if mark is None:
        return ""
    if isinstance(mark, Range):
        return f"{mark.low} to {mark.high}" + (", logarithmic" if mark.log else "")
    return ", ".join(map(str, mark.options))
