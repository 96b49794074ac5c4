"""``kdorch study report``: the study's page as one HTML file."""

from __future__ import annotations

from pathlib import Path

import click

from kdorch.cli import voice
from kdorch.cli.completion import studies


@click.command()
@click.argument("name", shell_complete=studies)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="Where to; by default NAME.html."
)
@click.pass_obj
def report(home: Path, name: str, output: Path | None) -> None:
    """Write the page of the study NAME: one HTML file that needs no network.

    MLflow keeps it, too, with the study's run "summary". Nothing is trained, and no test row is read.
    """
    from kdorch.api.report import keep, report
    from kdorch.api.results import Results

    results = Results(name, home)
    file = output or Path(f"{name}.html")
    notes = report(results, file)
    notes += keep(file, results)
    if not voice.is_quiet():
        for note in notes:
            click.echo(note, err=True)
    click.echo(f"Wrote {file}")
