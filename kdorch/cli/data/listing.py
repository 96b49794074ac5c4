"""``kdorch data list``: what can be fetched, and what is here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from kdorch.cli.hints import say_next

if TYPE_CHECKING:
    from kdorch.discovery import Entry
    from kdorch.fetching import Fetched


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def list_(as_json: bool) -> None:
    """List the datasets and teachers whose files are fetched: what they are, how large, and where."""
    from kdorch.cli.data.naming import fetchable
    from kdorch.fetching import home

    rows = [_row(entry, spec) for entry, spec in fetchable()]
    if as_json:
        click.echo(json.dumps({"directory": str(home()), "data": rows}, indent=1))
        return
    click.echo(f"The data directory is {home()}; KDORCH_DATA names another.")
    if not rows:
        click.echo("No plugin here has files to fetch.")
        return
    _print(rows)
    absent = [row["name"] for row in rows if row["folder"] is None]
    say_next(f"kdorch data fetch {absent[0]}" if absent else "kdorch plugins list")


def _row(entry: Entry, spec: type[Fetched]) -> dict[str, Any]:
    from kdorch.fetching import find

    here = find(spec.source)
    return {
        "kind": entry.kind,
        "name": entry.name,
        "distribution": entry.origin.distribution,
        "summary": (spec.__doc__ or "").strip().partition("\n")[0],
        "package": spec.source.title,
        "client": spec.source.client,
        "bytes": here.bytes if here else spec.source.size,
        "folder": str(here.folder) if here else None,
    }


def _print(rows: list[dict[str, Any]]) -> None:
    from rich.filesize import decimal

    from kdorch.cli.tables import console, table

    told = [
        {
            "name": row["name"],
            "what it is": row["summary"],
            "size": decimal(row["bytes"]),
            "where": row["folder"] or f"not here: {row['package']}, by {row['client']}",
        }
        for row in rows
    ]
    console().print(table(told))
