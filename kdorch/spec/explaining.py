"""What docstrings say of fields."""

from __future__ import annotations

import inspect
import re
from textwrap import fill

from pydantic import BaseModel

_FIELD = re.compile(r"^    (\w+?)_?: ((?:.+\n?(?:     +.+\n?)*))", flags=re.MULTILINE)
_HEADING = "Attributes:\n"


def explained(model: type[BaseModel]) -> dict[str, str]:
    """Return what stands under ``Attributes:`` of a class and of those it derives from, by field."""
    return {
        name: " ".join(words.split())
        for base in reversed(model.__mro__)
        for name, words in _FIELD.findall(inspect.cleandoc(base.__doc__ or "").partition(_HEADING)[2])
    }


def description(model: type[BaseModel]) -> str:
    """Return the docstring of a class, with what its bases say of fields that it does not name itself."""
    own = inspect.cleandoc(model.__doc__ or "")
    named = {name for name, _words in _FIELD.findall(own.partition(_HEADING)[2])}
    words = {name: text for name, text in explained(model).items() if name in model.model_fields}
    inherited = [
        fill(f"{name}: {text}", 110, initial_indent=" " * 4, subsequent_indent=" " * 8)
        for name, text in words.items()
        if name not in named
    ]
    heading = [] if named or not inherited else ["", _HEADING.rstrip()]
    return "\n".join([own, *heading, *inherited])
