"""What several commands take."""

from __future__ import annotations

from pathlib import Path

import click

FILE = click.argument("file", type=click.Path(path_type=Path))
SET = click.option(
    "--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change a key, as in train.epochs=5."
)
