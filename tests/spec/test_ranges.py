"""Ranges and choices refuse what no search could use."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from kdorch.spec import Choice, Range


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"low": 2, "high": 1}, r"low \(2\) is above high \(1\)"),
        ({"low": 0, "high": 1, "log": True}, "a logarithmic range needs low above 0, not 0"),
        ({"low": 1, "high": 9, "log": True, "step": 2}, "either logarithmic or has a step, not both"),
        ({"low": 1, "high": 9, "step": 0}, "step must be above 0, not 0"),
        ({"low": 8, "high": 60, "step": 16}, r"steps of 16 from 8 do not reach high \(60\); write high: 56"),
        ({"low": "1", "high": 9}, "low must be a number, not '1'"),
        ({"low": 1, "high": float("inf")}, "high must be a number, not inf"),
        ({"low": float("nan"), "high": 1}, "low must be a number, not nan"),
        ({"low": True, "high": 9}, "low must be a number, not True"),
        ({"low": 1, "high": 9, "step": "2"}, "step must be a number, not '2'"),
        ({"low": 1, "high": 9, "log": "yes"}, "log must be true or false, not 'yes'"),
    ],
)
def test_senseless_ranges_are_explained(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Range(**fields)


@pytest.mark.parametrize(
    "fields",
    [{"low": 3, "high": 3}, {"low": 0.1, "high": 0.7, "step": 0.3}, {"low": 8, "high": 64, "step": 8}],
)
def test_sensible_ranges_are_kept(fields: dict[str, Any]) -> None:
    found = Range(**fields)
    assert fields == {key: vars(found)[key] for key in fields}


def test_a_choice_needs_options() -> None:
    with pytest.raises(ValueError, match="at least one option"):
        Choice()


def test_marks_are_values() -> None:
    assert pickle.loads(pickle.dumps(Choice("relu", None))) == Choice("relu", None)
    assert len({Range(1, 2), Range(1, 2), Range(1, 3)}) == 2
