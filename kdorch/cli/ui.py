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
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to answer at: of this machine only."
)
@click.option(
    "--expose-to-network",
    is_flag=True,
    help="Allow another --host: whoever reaches it can read, change and delete all runs and models.",
)
@click.pass_obj
def ui(home: Path, study: str | None, port: int | None, host: str, expose_to_network: bool) -> None:
    """Start MLflow's UI on this project, for this machine only, and print the link to STUDY."""
    from kdorch.errors import ArgumentError, ChoiceError
    from kdorch.search.home import Home
    from kdorch.tracking.server import is_loopback, serve

    if not (expose_to_network or is_loopback(host)):
        raise ArgumentError(
            f"--host {host}: MLflow asks nobody for a password, so whoever reaches that address can read, "
            "change and delete all runs and models of this project. If that is meant, add "
            "--expose-to-network; a tunnel is safer: ssh -L 5000:127.0.0.1:5000 THIS-MACHINE."
        )
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
    with serve(home, port, host) as server:
        if port and not server.url.endswith(f":{port}"):
            click.echo(f"Port {port} is in use, so another was taken.", err=True)
        if not is_loopback(host):
            click.echo(f"Whoever reaches {host} can read, change and delete everything here.", err=True)
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
