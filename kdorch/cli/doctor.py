"""``kdorch doctor``: everything a study needs, on one screen."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kdorch.cli import voice
from kdorch.cli.hints import command, say_next

if TYPE_CHECKING:
    from kdorch.api.doctor import Finding

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.pass_obj
def doctor(home: Path, as_json: bool) -> None:
    """Check versions, the project directory, plugins, studies, the store and MLflow."""
    from kdorch.api.doctor import diagnose

    found = list(diagnose(home))
    if as_json:
        click.echo(json.dumps({"findings": [asdict(finding) for finding in found]}, indent=1))
    else:
        _print(found)
    failed = any(finding.mark == "fail" for finding in found)
    if not as_json:
        say_next(command(home, "doctor") if failed else command(home, "study", "list"))
    if failed:
        raise click.exceptions.Exit(1)


def _print(found: list[Finding]) -> None:
    from rich.text import Text

    from kdorch.cli.tables import console

    out = console()
    for finding in found:
        if finding.mark == "ok" and voice.is_quiet():
            continue
        line = Text.assemble(
            (f"{finding.mark:4}", _COLOURS[finding.mark]), f"  {finding.area}: {finding.what}"
        )
        out.print(line, soft_wrap=True)  # a command that is broken into lines cannot be copied
        if finding.todo:
            out.print(f"      → {finding.todo}", soft_wrap=True)
