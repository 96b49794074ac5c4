"""Tables and words for people; a pipe has no width to fit."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_PIPED = 1000  # columns: a file or another program takes lines of any length
_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))


def console(*, aside: bool = False) -> Console:
    """Return where tables are printed; brackets in what users wrote are no markup.

    Args:
        aside: Print to stderr.
    """
    from rich.console import Console

    stream = sys.stderr if aside else sys.stdout
    return Console(stderr=aside, highlight=False, markup=False, width=None if stream.isatty() else _PIPED)


def table(rows: Sequence[Mapping[str, str]], *, right: bool = False) -> Table:
    """Return rows that have the same columns as a table without a frame."""
    from rich.table import Table

    made = Table(box=None, header_style="bold", pad_edge=False)
    for column in rows[0]:
        made.add_column(column, justify="right" if right else "left", no_wrap=right, overflow="fold")
    for row in rows:
        made.add_row(*row.values())
    return made


def spread(mean: float | None, half: float | None) -> str:
    """Return a mean with half of its interval, as far as they are known."""
    if mean is None:
        return "-"
    return f"{mean:.4f} ± {half:.4f}" if half is not None else f"{mean:.4f}"


def ago(seconds: float) -> str:
    """Return how long ago something was: ``3 hours ago``."""
    for unit, length in _UNITS:
        count = int(seconds // length)
        if count > 0:  # somebody may have put the clock back
            return f"{count} {unit}{'s' * (count > 1)} ago"
    return "now"
