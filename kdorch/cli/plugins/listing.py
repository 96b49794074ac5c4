"""``kdorch plugins list``: what is installed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from kdorch.cli.hints import say_next
from kdorch.errors import PluginError

if TYPE_CHECKING:
    from kdorch.discovery import Entry, Plugins


@click.command("list")
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
    from kdorch.cli.tables import console, table

    out = console()
    if rows:
        out.print(table([_told(row) for row in rows]))
    for row in rows:
        if "error" in row:
            out.print(f"broken: {row['error']}", style="red", soft_wrap=True)
    for row in broken:
        why = f"{row['distribution']} {row['version']}: {row['error']}"
        out.print(f"broken: {why}", style="red", soft_wrap=True)
    say_next("kdorch plugins show NAME")


def _told(row: dict[str, str]) -> dict[str, str]:
    return {
        "kind": row["kind"],
        "name": row["name"],
        "distribution": f"{row['distribution']} {row['version']}",
        "what it is": row.get("summary", "broken, see below"),
    }
