"""What stands on a version for those that come after it, whoever wrote it there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kdorch.shipping.standing import Standing, standing_of

STANDING = Standing("abc123", ("0f", "1e"), {"test/accuracy": (0.9, 0.8), "size/params": (10.0, 10.0)})


def test_it_comes_back_as_it_was() -> None:
    assert standing_of(STANDING.tags() | {"kdorch.study": "toys"}) == STANDING


@pytest.mark.parametrize(
    "changed",
    [
        {"data": "../../etc"},
        {"weights": ["0f", "../../../../etc/passwd"]},
        {"weights": ["0f", 7]},
        {"weights": ["0f"]},
        {"weights": [], "values": {"test/accuracy": []}},
        {"values": {"test/accuracy": ["x", "y"]}},
        {"values": []},
        {"values": {}},
    ],
)
def test_what_is_none_says_nothing(changed: dict[str, Any]) -> None:
    ((tag, text),) = STANDING.tags().items()
    assert standing_of({tag: json.dumps(json.loads(text) | changed)}) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "null"])
def test_any_text_may_stand_there(text: str) -> None:
    ((tag, _),) = STANDING.tags().items()
    assert standing_of({tag: text}) is None
    assert standing_of({}) is None
