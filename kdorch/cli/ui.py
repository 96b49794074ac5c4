"""``kdorch ui``: the runs, in MLflow's own pages."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kdorch.cli.completion import studies
from kdorch.cli.hints import command

if TYPE_CHECKING:
    from kdorch.search.home import Folder


@click.command()
@click.argument("study", required=False, shell_complete=studies)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="Port on this machine.  [default: 5000, or the next free one]",
)
@click.pass_obj
def ui(home: Path, study: str | None, port: int | None) -> None:
    """Start MLflow's UI on this project, for this machine only, and print the link to STUDY."""
    from kdorch.errors import ChoiceError
    from kdorch.search.home import Home
    from kdorch.tracking.server import serve

    project = Home(home)
    studies = [project.known(study)] if study else [project.study(name) for name in project.studies()]
    if not studies:
        begin = command(home, "study", "run", "FILE")
        raise ChoiceError(f"No study was run in {home} yet. Begin with: {begin}")
    ours = [folder for folder in studies if not _told_elsewhere(folder)]
    if not ours:
        return
    # A closed terminal, or a supervisor, must not leave the server behind.
    for name in {"SIGTERM", "SIGHUP"} & signal.Signals.__members__.keys():
        signal.signal(signal.Signals[name], lambda *_: sys.exit(0))
    with serve(home, port) as server:
        if port and not server.url.endswith(f":{port}"):
            click.echo(f"Port {port} is in use, so another was taken.", err=True)
        for folder in ours:
            record = folder.read() or {}
            click.echo(f"{folder.path.name}: {server.url}{record.get('page', '')}")
            click.echo(f"{folder.path.name}, charts: {server.url}{record.get('charts', '')}")
        click.echo("Ctrl-C ends it.")
        server.wait()


def _told_elsewhere(folder: Folder) -> bool:
    """Say where the runs of a study are, unless they are in the project directory."""
    from kdorch.search.logbook import LOCAL
    from kdorch.tracking.address import is_server

    record = folder.read() or {}
    place = record["tracking"]
    if place == LOCAL:
        return False
    page = (
        f"{place}{record.get('page', '')}"
        if is_server(place)
        else f"mlflow server --backend-store-uri {place}"
    )
    click.echo(f"{folder.path.name}: {page}")
    return True
