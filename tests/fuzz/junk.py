"""What people, programs and bad luck write where something else is wanted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[Any]], Any]

LETTERS = st.characters(codec="utf-8")  # control characters too, but no half of a pair
TEXTS = st.text(LETTERS, max_size=12)
WORDS = st.sampled_from(
    ["auto", "use", "any", "null", "~", "true", "off", "0x10", "1_000", "1e999", "-", ".", "..", "a.b", "é", "\u202e",
     "x" * 999, "mlp", "hinton", "task", "digits", "max", "train", "val/accuracy", "__class__", "{0}", "%s", "\x00",
     "../beside/diary.txt", "/", "~root", "file:///etc/passwd", "a" * 300 + ".yaml", "<choice>", "[key]", "net:Net"]
)  # fmt: skip
NUMBERS = st.one_of(
    st.integers(-3, 100),
    st.sampled_from([2**31, 2**63, -(2**63), 10**30, 10**400, 0, -1]),
    st.floats(width=32),
    st.sampled_from([float("nan"), float("inf"), -0.0, 1e308, 5e-324]),
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS, WORDS)
PARTS = st.sampled_from(
    [{"use": "mlp"}, {"use": None}, {"use": {}}, {"use": ["mlp"]}, {"any": None}, {"any": [1, {}]}, {"any": {"a": {}}},
     {"low": None, "high": []}, {"low": 1, "high": 2}, {"low": 2, "high": 1, "log": True}, {"": {"": ""}},
     {"from": 0, "to": 1, "epochs": 3}, {"low": 0, "high": 1, "step": 0}, {"low": 1, "high": 10**400}]
)  # fmt: skip
VALUES = st.recursive(
    st.one_of(SCALARS, PARTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS | WORDS, inner, max_size=3),
    max_leaves=6,
)
DEEP = st.integers(2, 400).flatmap(
    lambda depth: st.sampled_from([_nested(depth, []), _nested(depth, {"a": 1})])
)


def _nested(depth: int, inner: Any) -> Any:
    for _ in range(depth):
        inner = [inner] if isinstance(inner, list) else {"a": inner}
    return inner


@st.composite
def changed(draw: Draw, tree: dict[str, Any], keys: st.SearchStrategy[str] = TEXTS | WORDS) -> dict[str, Any]:
    """Return a tree with values replaced, exchanged and taken away, and keys renamed and added."""
    tree = deepcopy(tree)
    for _ in range(draw(st.integers(1, 3))):
        holder, key = draw(st.sampled_from(list(places(tree)) or [(tree, None)]))
        keyed = isinstance(holder, dict) and key is not None
        match draw(st.integers(0, 4)) if keyed else 0:
            case 0 if key is not None:
                holder[key] = deepcopy(draw(VALUES | DEEP))  # the same one may be drawn again
            case 1:
                del holder[key]
            case 2:
                holder[draw(keys)] = holder.pop(key)
            case 3:
                holder[draw(keys)] = deepcopy(draw(VALUES))
            case _:
                other, its = draw(st.sampled_from(list(places(tree)) or [(holder, key)]))
                holder[key] = deepcopy(other[its])
    return tree


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Yield what holds each value of a tree, and its key there."""
    for key in node if isinstance(node, dict) else range(len(node)):
        yield node, key
        if isinstance(node[key], dict | list):
            yield from places(node[key])


def yaml(tree: Any) -> str:
    """Return a tree as YAML, by way of JSON."""
    return json.dumps(tree).replace("NaN", ".nan").replace("-Infinity", "-.inf").replace("Infinity", ".inf")


@st.composite
def spoilt(draw: Draw, text: str, pieces: tuple[str, ...]) -> str:
    """Return a text with characters cut out, doubled, and others put in."""
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        end = min(len(text), at + draw(st.integers(0, 12)))
        piece = draw(st.sampled_from(["", text[at:end] * 2]) | st.sampled_from(pieces) | TEXTS)
        text = text[:at] + piece + text[end:]
    return text


@st.composite
def damaged(draw: Draw, content: bytes) -> bytes:
    """Return bytes that were cut off, overwritten, or to which something was added."""
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(content)))
        match draw(st.integers(0, 3)):
            case 0:
                content = content[:at]
            case 1:
                content = content[:at] + draw(st.binary(min_size=1, max_size=8)) + content[at:]
            case 2:
                size = draw(st.integers(1, 8))
                content = content[:at] + draw(st.binary(min_size=size, max_size=size)) + content[at + size :]
            case _:
                content = content[:at] + content[at + draw(st.integers(1, 64)) :]
    return content
