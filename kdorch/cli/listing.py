"""``kdorch study list``: every study of the project directory, and how far it is."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kdorch.cli.hints import command, run_again, say_next

if TYPE_CHECKING:
    from kdorch.api.overview import Overview


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.pass_obj
def list_(home: Path, as_json: bool) -> None:
    """List every study: its state, trials, front, and where it is tracked."""
    from kdorch.search.home import Home

    if not as_json and not Home(home).studies():
        click.echo(f"No study was run in {home} yet.")
        say_next(command(home, "study", "run", "FILE"))
        return
    from kdorch.api.overview import overviews

    found = sorted(overviews(home), key=lambda study: study.active or 0, reverse=True)
    if as_json:
        click.echo(json.dumps({"studies": [asdict(study) for study in found]}, indent=1))
        return
    _print(found)
    say_next(next_step(home, found[0]))


def next_step(home: Path, study: Overview) -> str:
    """Return what to type next about a study."""
    if study.state in {"interrupted", "no result"}:
        return run_again(home, study.words)
    if study.state == "broken":
        return command(home, "doctor")
    return command(home, "study", "show", study.name)


def _print(found: list[Overview]) -> None:
    from kdorch.cli.tables import console, table

    out = console()
    out.print(table([_row(study) for study in found]))
    for study in found:
        if study.holder:
            out.print(f"{study.name} is held by {study.holder}.")
        if study.problem:
            out.print(f"{study.name} cannot be read: {study.problem}", style="red")


def _row(study: Overview) -> dict[str, str]:
    from kdorch.cli.tables import ago
    from kdorch.search.logbook import LOCAL

    return {
        "study": study.name,
        "state": study.state,
        "trials": f"{study.done}/{study.total}" if study.total else "-",
        "front": str(study.front),
        "confirmed": str(study.confirmed),
        "best": "-" if study.best is None else f"{study.metric} {study.best:.4f}",
        "active": "-" if study.active is None else ago(time.time() - study.active),
        "tracked in": {LOCAL: "here", None: "-"}.get(study.tracked, str(study.tracked)),
    }
