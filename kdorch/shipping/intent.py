"""What a promotion is about to do, as it stands in a note while it is underway."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout

from kdorch.errors import BusyError

_PATIENCE = 0.2  # seconds: the doctor takes the lock for a moment


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


@contextmanager
def claim(folder: Path, registry: str, model: str) -> Iterator[Path]:
    """Hold a registered model, so that nobody else of this project promotes as it, or rolls it back.

    Args:
        folder: Where the notes of a project's promotions lie.
        registry: Where the model is registered, in words.
        model: Its name.

    Yields:
        Where the note about it belongs.

    Raises:
        BusyError: If another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / f"{_short(registry)}-{_short(model)}.json"
    try:
        lock = FileLock(note.with_suffix(".lock"), timeout=_PATIENCE).acquire()
    except Timeout:
        raise BusyError(
            f"Another process promotes a student as {model!r}, or rolls it back. Wait for it, or end it."
        ) from None
    with lock:
        yield note


def notes(folder: Path, registry: str) -> list[Path]:
    """Return the notes about models of a registry."""
    return sorted(folder.glob(f"{_short(registry)}-*.json"))


def abandoned(folder: Path) -> list[str]:
    """Return which models were being promoted by processes that were killed."""
    return [intent.model for note in sorted(folder.glob("*.json")) if (intent := _left(note))]


def _left(note: Path) -> Intent | None:
    """Return what was begun, if nobody is about it any more."""
    intent = read(note)
    try:
        with FileLock(note.with_suffix(".lock"), timeout=0):
            return intent
    except (Timeout, OSError):  # it is going on, or nobody may write here
        return None


def read(note: Path) -> Intent | None:
    """Return what was begun; nothing was if the note is not whole."""
    try:
        return Intent(**json.loads(note.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _short(name: str) -> str:
    return sha256(name.encode()).hexdigest()[:12]
