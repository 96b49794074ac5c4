"""``kdorch study delete``: say what goes and what stays, ask, and delete."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kdorch.cli import voice
from kdorch.cli.completion import studies
from kdorch.cli.hints import run_again, same_again, say_next
from kdorch.errors import ArgumentError

if TYPE_CHECKING:
    from kdorch.api.deletion import Deletion


@click.command()
@click.argument("name", shell_complete=studies)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def delete(home: Path, name: str, yes: bool) -> None:
    """Delete the study NAME and its MLflow experiment, so that the name is free."""
    from kdorch.api.deletion import deletion

    with deletion(name, home) as planned:
        if not voice.is_quiet() or not yes:
            _tell(planned, home)
        if not yes and not sys.stdin.isatty():
            raise ArgumentError(f"Nothing was deleted, as nobody can be asked. {same_again()} --yes does it.")
        if not yes and not click.confirm("Delete it?"):
            click.echo("Nothing was deleted.")
            return
        aside = planned.carry_out()
    click.echo(f"Deleted study {name!r}; the name is free.")
    if planned.page and not voice.is_quiet():
        click.echo(f"Its experiment is {aside!r} now. To look at its runs again: {planned.restore}")
    say_next(run_again(home, planned.words))


def _tell(planned: Deletion, home: Path) -> None:
    from rich.filesize import decimal

    page, name = planned.page, planned.folder.path.name
    goes = [f"its record, trials and logs: {planned.folder.path}, {decimal(planned.size)}"]
    if page:
        goes.append(
            f"its MLflow experiment {page.name!r} (id {page.experiment}) of {page.runs} runs with their "
            "weights; it can be restored until `mlflow gc`"
        )
    stays = ["prepared data and teachers in the store, where other studies find them"]
    if planned.readings:
        stays.append(
            f"{planned.readings} readings of test rows in {home / 'ledger.jsonl'}: what was read stays read"
        )
    if page and page.models:
        stays.append(f"registered models: {', '.join(page.models)}")
    click.echo(f"Study {name!r}. This goes:")
    for line in goes:
        click.echo(f"  {line}")
    click.echo("This stays:")
    for line in stays:
        click.echo(f"  {line}")
