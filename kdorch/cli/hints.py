"""What comes next, as the user would type it."""

from __future__ import annotations

import shlex
import sys

import click

from kdorch.cli import voice
from kdorch.search.commands import command, run_again

__all__ = ["INTERRUPTED", "command", "run_again", "same_again", "say_next"]

INTERRUPTED = 130  # the exit code after Ctrl-C


def say_next(what: str) -> None:
    """Print what to type next, unless only results are wanted."""
    if not voice.is_quiet():
        click.echo(f"Next: {what}")


def same_again() -> str:
    """Return the command that is running, with all its options."""
    return shlex.join(["kdorch", *sys.argv[1:]])
