"""What stands in a text that is YAML and yet nothing that a study can mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from itertools import chain, islice
from typing import Any

from ruamel.yaml.comments import TaggedScalar
from ruamel.yaml.nodes import MappingNode, SequenceNode

from kdorch.errors import shown

TOO_DEEP = "is nested too deeply.", "A study needs no more than ten levels."
_MOST, _DEEPEST = 100_000, 30  # values, of which a person writes hundreds, and levels of them
_BITS = 1000  # of a whole number, about 300 digits: a float holds it still


def excess(value: Any) -> tuple[str, str] | None:
    """Return what is too much about a value, or about ruamel's node of one, and what to do, or None.

    With aliases, a few lines may stand for billions of values: no more than the most allowed are looked at.
    """
    level, count = [value], 0
    for _ in range(_DEEPEST):
        count += len(level)
        if count > _MOST:
            what = f"says more than {_MOST:,} things, as anchors (&) are repeated (*) within one another."
            return what, "Write out what is meant."
        for each in level:
            if told := _beyond(each):
                return told, ""
        level = list(islice((inner for each in level for inner in _inside(each)), _MOST + 1))
    return TOO_DEEP if level else None


def joined(text: str) -> str:
    """Return a text whose characters are whole: JSON writes those beyond U+FFFF as two halves.

    Raises:
        UnicodeError: If one has no other half.
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16")


def _beyond(value: Any) -> str:
    """Return why a value cannot be kept; empty if it can."""
    if isinstance(value, int) and value.bit_length() > _BITS:
        return "has a number of more than 300 digits."
    if isinstance(value, str):
        try:
            joined(value)
        except UnicodeError:
            return f"has half of a character, in {shown(str(value))}."
    return ""


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield from value
        yield from value.values()
    elif isinstance(value, list | tuple | Set):
        yield from value
    elif isinstance(value, TaggedScalar):
        yield value.value
    elif isinstance(value, MappingNode):
        yield from chain.from_iterable(value.value)
    elif isinstance(value, SequenceNode):
        yield from value.value
