"""What is printed or kept of an error may be passed on: no secret of the environment may stand in it."""

from __future__ import annotations

import os
import re

_SECRET = re.compile(r"PASS|_PWD$|SECRET|TOKEN|CREDENTIAL|_KEY$", re.IGNORECASE)
_SHORTEST = 4  # characters; a setting such as `1` is none, and would be masked all over a text


def discreet(text: str) -> str:
    """Return a text without passwords in addresses, and without values of variables that are called so."""
    from kdorch.tracking.address import masked

    for name, value in os.environ.items():
        if "://" in value:
            text = masked(text, value)
        elif _SECRET.search(name) and len(value) >= _SHORTEST:
            text = text.replace(value, "***")
    return text
