"""Plugins as commands take them."""

from __future__ import annotations

import click

from kdorch.cli.completion import plugins as complete
from kdorch.errors import PluginError

NAME = click.argument("name", metavar="KIND/NAME", shell_complete=complete)


def kind_and_name(word: str) -> tuple[str, str]:
    """Return both parts of ``KIND/NAME``.

    Raises:
        PluginError: If it is not written so.
    """
    from kdorch.kinds import KINDS

    kind, slash, name = word.partition("/")
    if not slash or kind not in KINDS:
        raise PluginError(f"Write KIND/NAME, as in loss/hinton; kinds are {', '.join(KINDS)}.")
    return kind, name
