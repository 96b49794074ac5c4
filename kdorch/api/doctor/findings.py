"""What a look at one thing has found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mark = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's.

    Attributes:
        mark: ``ok``; ``warn`` for what can wait; ``fail`` for what stands in the way of a study.
        area: What was looked at.
        what: What was found.
        todo: What to do about it.
    """

    mark: Mark
    area: str
    what: str
    todo: str = ""
