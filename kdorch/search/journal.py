"""Optuna's journal file, held and mended so that a killed process never stands in the way of the next."""

from __future__ import annotations

import os
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
    lock = Lock(path)
    if _is_torn(path):
        _mend(path, lock)
    return JournalStorage(JournalFileBackend(str(path), lock_obj=lock))


def _is_torn(path: Path) -> bool:
    if not path.exists() or not path.stat().st_size:
        return False
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"


def _mend(path: Path, lock: Lock) -> None:
    """Drop a last line that a full disk or a lost machine cut short: the next one would be glued to it."""
    lock.acquire()
    try:
        whole = path.read_bytes().rfind(b"\n") + 1
        os.truncate(path, whole)
    finally:
        lock.release()
