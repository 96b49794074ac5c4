"""``kdorch plugins``: what is installed, and what authors of plugins need; one file per command."""

from __future__ import annotations

import click

from kdorch.cli.plugins.check import check
from kdorch.cli.plugins.listing import list_
from kdorch.cli.plugins.new import new
from kdorch.cli.plugins.show import show


@click.group()
def plugins() -> None:
    """See which datasets, teachers, students, losses, tasks and measures are installed, or write one."""


plugins.add_command(list_)
plugins.add_command(show)
plugins.add_command(new)
plugins.add_command(check)
