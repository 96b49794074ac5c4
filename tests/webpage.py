"""A page as a program reads it, by Python's own parser."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

EMPTY = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"}


@dataclass
class Element:
    """One element.

    Attributes:
        tag: Its name.
        attributes: By name.
        children: Elements and texts in their order.
    """

    tag: str
    attributes: dict[str, str]
    children: list[Any] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text in it, its spaces folded."""
        parts = (child if isinstance(child, str) else child.text for child in self.children)
        return " ".join(" ".join(parts).split())

    @property
    def raw(self) -> str:
        """All text in it as it is."""
        return "".join(child if isinstance(child, str) else child.raw for child in self.children)

    def all(self, tag: str = "", **attributes: str) -> list[Element]:
        """Return the elements in it of this name, with these attributes."""
        found = []
        for child in self.children:
            if isinstance(child, Element):
                fits = attributes.items() <= child.attributes.items()
                found += [child] * (fits and tag in {"", child.tag}) + child.all(tag, **attributes)
        return found

    def table(self, caption: str) -> list[list[str]]:
        """Return the only table whose caption begins so, row by row."""
        (table,) = [each for each in self.all("table") if each.all("caption")[0].text.startswith(caption)]
        return [[cell.text for cell in row.children if isinstance(cell, Element)] for row in table.all("tr")]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("page", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in EMPTY:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in EMPTY:
            return
        assert self.open[-1].tag == tag, f"</{tag}> ends <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def read(html: str) -> Element:
    """Return the page; every element in it is closed where it should be."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert len(reader.open) == 1, f"<{reader.open[-1].tag}> is not closed"
    return reader.open[0]


def sections(page: Element) -> list[str]:
    """Return the addresses of a page's sections."""
    return [section.attributes["id"] for section in page.all("section")]
