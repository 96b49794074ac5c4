"""``kdorch plugins new``: a distribution to begin with."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from kdorch.cli.hints import say_next

_KINDS = ("loss", "student", "teacher", "dataset")


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--kind", type=click.Choice(_KINDS), required=True, help="What it is to be.")
@click.option("--name", required=True, help="How studies will name it.")
def new(folder: Path, kind: str, name: str) -> None:
    """Write a plugin into DIR: it installs, is found, runs in a study and passes its tests as it is.

    Change it from there.
    """
    from kdorch.api.authoring import write
    from kdorch.discovery import installed

    files = write(folder, kind, name, installed())
    click.echo(f"Wrote {folder}: {', '.join(map(str, files))}.")
    place = shlex.quote(str(folder))
    say_next(f"pip install -e {place}'[test]' && pytest {place} && kdorch study run {place}/studies/try.yaml")
