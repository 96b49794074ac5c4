from __future__ import annotations

import pytest

from kdorch.choosing.numbers import percent, readable


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.975, "0.975"),
        (0.97533, "0.9753"),
        (64, "64"),
        (86026, "86,026"),
        (-1234.5, "-1,234"),
        (1.2e-5, "1.2e-05"),
    ],
)
def test_numbers_are_short_and_separated(value, text):
    assert readable(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (1.0, "100.0%"),
        (0.3144, "31.4%"),
        (0.01, "1.0%"),
        (0.0099, "0.99%"),
        (0.0004, "0.04%"),
        (0.000123, "0.012%"),
        (0.0, "0%"),
        (-0.05, "-5.0%"),
    ],
)
def test_a_small_share_is_not_rounded_away(share, text):
    assert percent(share) == text
