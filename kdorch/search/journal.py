"""Optuna's journal file, held and mended so that a killed process never stands in the way of the next."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import optuna
from filelock import FileLock
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend


class Lock:
    """A lock that the system lets go of when its process ends.

    Optuna's own are files that outlive a killed process: the next one waits for half a minute, and for ever
    where the journal's path is relative.
    """

    def __init__(self, journal: Path) -> None:
        self._lock = FileLock(f"{journal}.lock")

    def acquire(self) -> bool:
        """Wait for the lock."""
        self._lock.acquire()
        return True

    def release(self) -> None:
        """Let go of it."""
        self._lock.release()


def open_journal(path: Path) -> JournalStorage:
    """Open a journal, made if it is not there."""
    # Its warnings tell how samplers work inside (a search that converged, an optional package): nothing that
    # somebody who wrote a study can act on.
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    mend(path)
    return JournalStorage(JournalFileBackend(str(path), lock_obj=Lock(path)))


def mend(path: Path) -> Path | None:
    """Drop a last line that a full disk or a lost machine cut short: the next one would be glued to it.

    Returns:
        A copy of the journal as it was; None if its last line is whole.
    """
    if not _is_torn(path):
        return None
    lock = Lock(path)
    lock.acquire()
    try:
        if not _is_torn(path):
            return None  # somebody was still writing it, or has mended it
        content = path.read_bytes()
        kept = path.with_name(f"{path.name}.backup-{time.strftime('%Y%m%d-%H%M%S')}")
        kept.write_bytes(content)
        os.truncate(path, content.rfind(b"\n") + 1)
    finally:
        lock.release()
    return kept


def unreadable(path: Path) -> int | None:
    """Return the number of the first line that is not Optuna's, from 1; None if there is none."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                entry = json.loads(line)
            except ValueError:
                return number
            if not isinstance(entry, dict):
                return number
    return None


def _is_torn(path: Path) -> bool:
    if not path.exists() or not path.stat().st_size:
        return False
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"
