"""A figure as a part of a page: its colours and fonts become the page's, its links reachable."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from xml.etree import ElementTree

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kdorch.reporting import frame, marks
from kdorch.reporting.levels import VERMILION

_COLOURS = {
    colour.lower(): name
    for colour, name in {
        marks.BLUE: "student",
        marks.INK: "ink",
        marks.GREY: "muted",
        frame.PALE: "line",
        VERMILION: "teacher",
        "#FFFFFF": "paper",
    }.items()
}
_COLOUR = re.compile(r"#[0-9a-f]{6}\b")
_FONT = re.compile(r"font-family: [^;]+; ")
_REFERENCE = re.compile(r"^(?:url\()?#([^)]+)")
_UNWRITABLE = re.compile(
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)  # what XML has no place for
_SVG, _HREF = "http://www.w3.org/2000/svg", "{http://www.w3.org/1999/xlink}href"
_REACH = 220  # square points: how near to a point a finger or a mouse has to be
_FEW = 1500  # dots that are drawn one by one; more become one bitmap

ElementTree.register_namespace("", _SVG)
ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")


@contextmanager
def style() -> Iterator[None]:
    """Draw for a page: texts stay texts, in the page's own font, which may have letters that ours has not."""
    with (
        warnings.catch_warnings(action="ignore"),
        matplotlib.style.context(["default", frame.STYLE | {"svg.fonttype": "none"}]),
    ):
        yield


def figure(width: float, height: float) -> Figure:
    """Return an empty figure, its size in inches; to be drawn under `style`."""
    return Figure(figsize=(width, height), layout="constrained")


def link(axes: Axes, x: Sequence[float], y: Sequence[float], urls: Sequence[str]) -> None:
    """Make places of a picture lead somewhere."""
    axes.scatter(x, y, s=_REACH, alpha=0, linewidths=2, urls=list(urls), zorder=9)


def svg(figure: Figure, name: str, told: str, links: Mapping[str, str] | None = None) -> str:
    """Return a figure as SVG for a page.

    Args:
        figure: Drawn in the colours of `kdorch.reporting.marks`.
        name: Of the picture, which no other on the page has.
        told: What it shows, for those who do not see it.
        links: Where its points lead, and what each is called.
    """
    for axes in figure.axes:
        for dots in axes.collections:
            dots.set_rasterized(np.shape(dots.get_offsets())[0] > _FEW)
    drawn = BytesIO()
    with style():
        figure.savefig(drawn, format="svg", transparent=True, metadata={"Date": None})
    told_as_xml = _UNWRITABLE.sub("\ufffd", drawn.getvalue().decode())  # a column's name may hold anything
    root = ElementTree.fromstring(told_as_xml)  # noqa: S314  matplotlib wrote it, and escaped all texts
    _frame(root, told, "group" if links else "img")
    _keep_ids(root, name)
    for element in root.iter():
        if element is not root and "style" in element.attrib:
            element.set("style", _FONT.sub("", _COLOUR.sub(_named, element.attrib["style"])))
    shapes = {f"#{element.attrib['id']}": element for element in root.iter() if "id" in element.attrib}
    for point in root.iter(f"{{{_SVG}}}a"):
        url = point.attrib[_HREF]
        point.attrib = {"href": url, "class": "point", "aria-label": (links or {}).get(url, url)}
        for part in point.iter():
            # The page's own style shows where the mouse or the keyboard is. Of a single point matplotlib
            # writes it where the shape is defined.
            for shape in (part, shapes.get(part.get(_HREF, ""))):
                if shape is not None:
                    shape.attrib.pop("style", None)
    return ElementTree.tostring(root, encoding="unicode")


def _frame(root: ElementTree.Element, told: str, role: str) -> None:
    """Leave of what is around the picture what a page needs."""
    box = root.attrib["viewBox"]
    wide = f"--wide: {box.split()[2]}"
    root.attrib = {"viewBox": box, "style": wide, "class": "picture", "aria-label": told, "role": role}
    for holder, what in ((root, "metadata"), (root.find("{*}defs"), "style")):
        if holder is not None:
            for element in holder.findall(f"{{*}}{what}"):
                holder.remove(element)


def _keep_ids(root: ElementTree.Element, name: str) -> None:
    """Keep the ids that something refers to, under names that no other picture on the page has."""
    referred = set()
    for element in root.iter():
        for key, value in element.items():
            found = _REFERENCE.search(value) if key != _HREF or element.tag == f"{{{_SVG}}}use" else None
            if found:
                referred.add(found[1])
                element.set(key, value.replace(found[1], f"{name}-{found[1]}"))
    for element in root.iter():
        own = element.attrib.pop("id", None)
        if own in referred:
            element.set("id", f"{name}-{own}")


def _named(colour: re.Match[str]) -> str:
    name = _COLOURS.get(colour[0])
    return f"var(--{name})" if name else colour[0]
