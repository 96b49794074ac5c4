"""``kdorch ui``: the runs, in MLflow's own pages."""

from __future__ import annotations

from pathlib import Path

import click

from kdorch.cli.hints import command


@click.command()
@click.argument("study", required=False)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="Port on this machine.  [default: 5000, or the next free one]",
)
@click.pass_obj
def ui(home: Path, study: str | None, port: int | None) -> None:
    """Start MLflow's UI on this project, for this machine only, and print the link to STUDY."""
    from kdorch.api import tracking_uri
    from kdorch.errors import ChoiceError
    from kdorch.search.home import Home
    from kdorch.tracking.server import serve

    project = Home(home)
    studies = [project.known(study)] if study else [project.study(name) for name in project.studies()]
    if not studies:
        begin = command(home, "study", "run", "FILE")
        raise ChoiceError(f"No study was run in {home} yet. Begin with: {begin}")
    pages = {folder.path.name: (folder.read() or {}).get("page", "") for folder in studies}
    uri = tracking_uri()
    if uri and uri.startswith("http"):
        _print(uri, pages)
        return
    with serve(home, port) as server:
        _print(server.url, pages)
        click.echo("Ctrl-C ends it.")
        server.wait()


def _print(base: str, pages: dict[str, str]) -> None:
    from kdorch.tracking.address import public

    for name, page in pages.items():
        click.echo(f"{name}: {public(base).rstrip('/')}{page}")
