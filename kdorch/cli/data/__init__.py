"""``kdorch data``: files that pip does not bring; one file per command."""

from __future__ import annotations

import click

from kdorch.cli.data.fetch import fetch
from kdorch.cli.data.listing import list_


@click.group()
def data() -> None:
    """Fetch the files of datasets and teachers that pip does not bring, or see which are here."""


data.add_command(fetch)
data.add_command(list_)
