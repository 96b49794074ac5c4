"""``kdorch completion``, and the names that a shell completes."""

from __future__ import annotations

from pathlib import Path

import click

_FILES = {"bash": "~/.bashrc", "zsh": "~/.zshrc", "fish": "~/.config/fish/completions/kdorch.fish"}


@click.command()
@click.argument("shell", type=click.Choice(list(_FILES)))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that has SHELL complete commands, options, studies and plugins."""
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    assert made is not None  # noqa: S101  the choice above offers click's own shells
    click.echo(f"# To have it in every shell: kdorch completion {shell} >> {_FILES[shell]}")
    click.echo(made(context.find_root().command, {}, "kdorch", "_KDORCH_COMPLETE").source())


def studies(context: click.Context, _: click.Parameter, typed: str) -> list[str]:
    """Return the studies that begin with what was typed."""
    from kdorch.search.home import Home

    home = Home(Path(context.find_root().params["home"]))
    return [name for name in home.studies() if name.startswith(typed)]


def plugins(_: click.Context, __: click.Parameter, typed: str) -> list[str]:
    """Return the plugins, as kind/name, that begin with what was typed."""
    from kdorch.discovery import installed

    names = (f"{entry.kind}/{entry.name}" for entry in installed())
    return sorted(name for name in names if name.startswith(typed))


def fetchable(_: click.Context, __: click.Parameter, typed: str) -> list[str]:
    """Return the plugins with files to fetch that begin with what was typed."""
    from kdorch.cli.data.naming import fetchable

    return sorted(entry.name for entry, _ in fetchable() if entry.name.startswith(typed))
