"""What a command is doing at the moment, where its steps take seconds and cannot be counted."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from typing import Self

import click
from rich.console import Console
from rich.text import Text

from kdorch.cli import voice
from kdorch.search.observer import Observer


class Status(Observer):
    """Shows the step that is being taken in one line on stderr, which is gone at the end.

    A pipe hears nothing of it, and with ``--verbose`` each step and when it began.

    Args:
        first: What is done first.
    """

    def __init__(self, first: str) -> None:
        self._first, self._started = first, time.monotonic()
        # This very stream: what others print meanwhile may be sent elsewhere.
        self._line = Console(file=sys.stderr).status("")
        self._live = sys.stderr.isatty() and not voice.is_quiet()
        self._shown = ExitStack()

    def __enter__(self) -> Self:
        if self._live:
            self._shown.enter_context(self._line)
        self.say(self._first)
        return self

    def __exit__(self, *error: object) -> None:
        self._shown.close()

    def say(self, text: str) -> None:
        """Show the next step."""
        if voice.is_verbose():
            click.echo(f"{time.monotonic() - self._started:7.1f} s  {text}", err=True)
        self._line.update(Text(f"{text} …"))
