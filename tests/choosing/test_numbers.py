from __future__ import annotations

import pytest

from kdorch.choosing.numbers import readable


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
