"""What a page is made of; texts are plain, and escaped where they are rendered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

UNKNOWN = "–"  # noqa: RUF001  a dash, where a number would be
_NUMBER = re.compile(r"[-+]?[\d.,]+(e[-+]?\d+)?( ?%)?( ± .*| \(.* to .*\))?\Z")


@dataclass(frozen=True)
class Cell:
    """One cell of a table.

    Attributes:
        text: What stands there.
        link: Anchor of a card on the page; empty for none.
        bar: Length of a bar behind the text, 0 to 1.
        shade: Depth of the cell's colour, 0 to 1.
        mark: Whether it is what a reader looks for first.
        worded: Whether it is no number, though it looks like one.
    """

    text: str
    link: str = ""
    bar: float | None = None
    shade: float | None = None
    mark: bool = False
    worded: bool = False

    @property
    def number(self) -> bool:
        """Whether it is aligned as numbers are."""
        return not self.worded and (self.text == UNKNOWN or bool(_NUMBER.match(self.text)))


@dataclass(frozen=True)
class Table:
    """A table; the first cell of each row names the row.

    Attributes:
        caption: What it shows.
        head: Names of the columns.
        rows: Its cells.
        folded: Whether a reader unfolds it first.
    """

    kind: ClassVar[str] = "table"
    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    folded: bool = False


@dataclass(frozen=True)
class Picture:
    """A picture, and the same as a table.

    Attributes:
        svg: As `kdorch.reporting.page.drawing` writes it, which is safe to put into a page.
        caption: What it shows.
        table: The numbers behind it.
    """

    kind: ClassVar[str] = "picture"
    svg: str
    caption: str
    table: Table


@dataclass(frozen=True)
class Words:
    """A paragraph."""

    kind: ClassVar[str] = "words"
    text: str


@dataclass(frozen=True)
class Quote:
    """A text that somebody else wrote, or a program did.

    Attributes:
        title: What it is.
        text: The text; its lines stay as they are.
        copied: Whether there is a button that copies it.
        folded: Whether a reader unfolds it first.
    """

    kind: ClassVar[str] = "quote"
    title: str
    text: str
    copied: bool = False
    folded: bool = False


@dataclass(frozen=True)
class Card:
    """All about one student.

    Attributes:
        anchor: Its address on the page.
        title: Its name.
        words: Sentences.
        tables: Its numbers.
        command: What promotes it.
        chosen: Whether it is the one that the study's rule chooses.
    """

    anchor: str
    title: str
    words: Sequence[str]
    tables: Sequence[Table]
    command: str
    chosen: bool = False


@dataclass(frozen=True)
class Cards:
    """A picture whose points lead to cards."""

    kind: ClassVar[str] = "cards"
    picture: Picture
    cards: Sequence[Card]


@dataclass(frozen=True)
class Example:
    """One row of data, and what was said of it.

    Attributes:
        title: Which row.
        said: Who said what.
        image: Address of a picture of it, as ``data:image/png;base64,…``; empty if there is none.
        text: It in words; empty if there are none.
    """

    title: str
    said: Sequence[tuple[str, str]]
    image: str = ""
    text: str = ""


@dataclass(frozen=True)
class Examples:
    """Some rows of data."""

    kind: ClassVar[str] = "examples"
    title: str
    rows: Sequence[Example]


@dataclass(frozen=True)
class Beside:
    """Tables beside each other, where there is room."""

    kind: ClassVar[str] = "beside"
    tables: Sequence[Table]


Block = Table | Picture | Words | Quote | Cards | Examples | Beside


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
        anchor: Its address on the page.
        title: Its heading.
        blocks: What is in it.
    """

    anchor: str
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Page:
    """The page of a study.

    Attributes:
        title: Name of the study.
        words: What comes before everything else, in sentences; the first is the verdict.
        figures: A few numbers, each with what it is and a remark.
        sections: Its parts.
        notes: What is said at the end, such as why something is not shown.
    """

    title: str
    words: Sequence[str]
    figures: Sequence[tuple[str, str, str]]
    sections: Sequence[Section]
    notes: Sequence[str] = field(default=())


def row(cells: Iterable[str | Cell]) -> list[Cell]:
    """Return cells, some of which are their text alone."""
    return [cell if isinstance(cell, Cell) else Cell(cell) for cell in cells]
