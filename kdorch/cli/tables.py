"""Tables and words for people; a pipe has no width to fit."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_PIPED = 1000  # columns: a file or another program takes lines of any length
_LINE = 100  # columns of a line of text on a terminal: the eye loses its place in longer ones
_APART = 2  # columns between those of a table
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

    made = Table(box=None, header_style="bold", pad_edge=False, padding=(0, _APART, 0, 0))
    for column in rows[0]:
        made.add_column(column, justify="right" if right else "left", overflow="fold")
    for row in rows:
        made.add_row(*row.values())
    return made


def tables(rows: Sequence[Mapping[str, str]], width: int) -> Iterator[Table]:
    """Yield a table of numbers, in parts where it is too wide: a number that is cut off looks like another.

    Args:
        rows: With the same columns; the first, which says whose a row is, begins each part.
        width: Columns of the terminal.
    """
    from rich.cells import cell_len

    first, *others = ((name, max(map(cell_len, (name, *(row[name] for row in rows))))) for name in rows[0])
    shown, left = [first[0]], width - first[1]
    for name, wide in others:
        left -= _APART + wide
        if left < 0 and len(shown) > 1:
            yield table([{each: row[each] for each in shown} for row in rows], right=True)
            shown, left = [first[0]], width - first[1] - _APART - wide
        shown.append(name)
    yield table([{each: row[each] for each in shown} for row in rows], right=True)


def paragraph(text: str, width: int) -> str:
    """Return a text in lines that a terminal of this width takes, all but the first indented."""
    if width >= _PIPED:
        return text
    return fill(
        text, min(width, _LINE), subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


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
