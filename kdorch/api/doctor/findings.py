"""What a look at one thing has found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
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


def size(folder: Path) -> int:
    """Return the bytes in a directory, which may be changing."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue  # it is gone by now, or not ours to see
    return total


def readable(count: float) -> str:
    """Return bytes as people read them: ``3.4 MB``."""
    step = 1000
    for unit in ("B", "kB", "MB", "GB"):
        if count < step:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= step
    return f"{count:.1f} TB"
