"""Plugins as commands take them."""

from __future__ import annotations

import click

from kdorch.cli.completion import plugins as complete
from kdorch.errors import PluginError, did_you_mean

NAME = click.argument("name", metavar="[KIND/]NAME", shell_complete=complete)


def kind_and_name(word: str) -> tuple[str, str]:
    """Return both parts of ``KIND/NAME``; a name alone will do where one kind has it.

    Raises:
        PluginError: If it is not written so, or is not the name of one plugin.
    """
    from kdorch.kinds import KINDS

    kind, slash, name = word.partition("/")
    if not slash:
        return _kind_of(word), word
    if kind not in KINDS:
        raise PluginError(f"Write KIND/NAME, as in loss/hinton; kinds are {', '.join(KINDS)}.")
    return kind, name


def _kind_of(name: str) -> str:
    from kdorch.discovery import installed

    known = installed().registries
    kinds = [kind for kind, registry in known.items() if name in registry]
    if len(kinds) > 1:
        several = " or ".join(f"{kind}/{name}" for kind in kinds)
        raise PluginError(f"{name!r} is the name of several plugins. Write {several}.")
    if not kinds:
        names = [entry.name for registry in known.values() for entry in registry]
        raise PluginError(f"No plugin is called {name!r}. {did_you_mean(name, names)}".rstrip())
    return kinds[0]
