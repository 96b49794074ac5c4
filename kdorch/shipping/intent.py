"""What a promotion is about to do, as it stands in a note while it is underway."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout


@dataclass(frozen=True)
class Intent:
    """What a promotion is about to do.

    Attributes:
        mark: On all that it makes.
        run_id: The run whose student is shipped.
        model: Name of the registered model.
        alias: To be pointed at the new version, at the very end; None if the card on it is the end.
    """

    mark: str
    run_id: str
    model: str
    alias: str | None


def abandoned(note: Path) -> str | None:
    """Return which model was being promoted by a process that was killed; None if none was."""
    intent = read(note)
    if intent is None:
        return None
    try:
        with FileLock(note.with_suffix(".lock"), timeout=0):
            return intent.model
    except (Timeout, OSError):  # it is going on, or nobody may write here
        return None


def read(note: Path) -> Intent | None:
    """Return what was begun; nothing was if the note is not whole."""
    try:
        return Intent(**json.loads(note.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
