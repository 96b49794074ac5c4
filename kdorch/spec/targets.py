"""Fields that name somebody's code."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated

from pydantic import AfterValidator


def _checked(word: str, *, what: str) -> str:
    if not re.fullmatch(r"\w+(\.\w+)*:\w+(\.\w+)*", word):
        raise ValueError(f"write package.module:{what}, not {word!r}")
    if word.startswith("__main__:"):
        raise ValueError(f"workers never run the script again, so move what {word!r} names to its own module")
    return word


ClassPath = Annotated[str, AfterValidator(partial(_checked, what="Class"))]
FunctionPath = Annotated[str, AfterValidator(partial(_checked, what="function"))]
