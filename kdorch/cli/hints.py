"""What comes next, as the user would type it."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from kdorch.cli import voice
from kdorch.search import HOME

INTERRUPTED = 130  # the exit code after Ctrl-C


def command(home: Path, *words: str) -> str:
    """Return a command for this project directory."""
    place = [] if home == Path(HOME) else ["--home", str(home)]
    return shlex.join(["kdorch", *place, *words])


def run_again(home: Path, words: Sequence[str], *more: str) -> str:
    """Return the command that goes on with a study.

    Args:
        home: The project directory.
        words: The file and settings that it was run with, as its record holds them.
        more: Further options.
    """
    file, *settings = words or ("FILE",)
    place = Path(file)
    near = place.relative_to(Path.cwd()) if place.is_relative_to(Path.cwd()) else place
    return command(home, "study", "run", str(near), *settings, *more)


def say_next(what: str) -> None:
    """Print what to type next, unless only results are wanted."""
    if not voice.is_quiet():
        click.echo(f"Next: {what}")


def same_again() -> str:
    """Return the command that is running, with all its options."""
    return shlex.join(["kdorch", *sys.argv[1:]])
