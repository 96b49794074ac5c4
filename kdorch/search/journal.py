"""Optuna's journal: a file of JSON lines, written by whoever holds the study, read by anybody.

Optuna's own backend brings every line to disk by itself, a dozen for each trial, keeps the offset of each in
memory, and holds locks that outlive a killed process.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from sys import intern
from typing import Any

import optuna
from filelock import FileLock
from optuna.storages import JournalStorage
from optuna.storages.journal import BaseJournalBackend

from kdorch.errors import StoreError


class Lines(BaseJournalBackend):  # type: ignore[misc]
    """The lines of a journal, each read once; called by one thread at a time.

    Attributes:
        path: The file, which its first line makes.
        held: How many ask for lines to be kept for a later ``flush``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.held = 0
        self._read = 0  # bytes
        self._ours: list[bytes] = []  # not on disk yet
        self._told = 0  # of those

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        """Yield what was written since the last call: Optuna asks for each line once, in order."""
        yield from self._lines_of_others()
        while self._told < len(self._ours):
            self._told += 1
            yield _slim(json.loads(self._ours[self._told - 1]))

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Write lines, or keep them to be written together."""
        self._ours += [json.dumps(entry, separators=(",", ":")).encode() + b"\n" for entry in logs]
        if not self.held:
            self.flush()

    def flush(self) -> None:
        """Bring all lines to disk.

        Raises:
            StoreError: If another process has written some in the meantime.
        """
        if not self._ours:
            return
        with lock_of(self.path), self.path.open("ab", buffering=0) as file:
            whole = file.tell()
            if self._told and whole != self._read:
                raise StoreError(f"{self.path}: another process has written to it. Run the study once.")
            try:
                _write(file, b"".join(self._ours))
            except OSError:
                os.truncate(self.path, whole)  # or the next line would be glued to half of this one
                raise
        self._read += sum(map(len, self._ours[: self._told]))
        self._ours, self._told = [], 0

    def _lines_of_others(self) -> Iterator[dict[str, Any]]:
        if not self.path.exists() or self.path.stat().st_size == self._read:
            return
        with self.path.open("rb") as file:
            file.seek(self._read)
            for line in file:
                if not line.endswith(b"\n"):
                    return  # somebody is writing it
                entry = json.loads(line.decode())
                self._read += len(line)
                yield _slim(entry)


class Journal(JournalStorage):  # type: ignore[misc]
    """A journal as Optuna reads and writes it.

    Args:
        path: The file. It is made by its first line.
    """

    def __init__(self, path: Path) -> None:
        self._lines = Lines(path)
        super().__init__(self._lines)

    def clear(self) -> None:
        """Forget everything, on disk too; records that were opened before are of no use any more."""
        self._lines.path.unlink(missing_ok=True)
        Journal.__init__(self, self._lines.path)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Bring what is written meanwhile to disk at the end, at once: each time takes milliseconds.

        Also what others are still writing together, of which a kill may leave a part.
        """
        with self._thread_lock:
            self._lines.held += 1
        try:
            yield
        finally:
            with self._thread_lock:
                self._lines.held -= 1
                self._lines.flush()


def _write(file: FileIO, content: bytes) -> None:
    """Bring it to disk; a disk that fills up takes a part."""
    left = memoryview(content)
    while left:
        left = left[file.write(left) :]
    os.fsync(file.fileno())


def open_journal(path: Path) -> Journal:
    """Open a journal; nothing is written before there is a line."""
    # Its warnings tell how samplers work inside (a search that converged, an optional package): nothing that
    # somebody who wrote a study can act on.
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    mend(path)
    return Journal(path)


def lock_of(path: Path) -> FileLock:
    """Return the lock of a journal, which the system lets go of when its process ends."""
    return FileLock(f"{path}.lock")


def mend(path: Path) -> Path | None:
    """Drop a last line that a full disk or a lost machine cut short: the next one would be glued to it.

    Returns:
        A copy of the journal as it was; None if its last line is whole.
    """
    if not _is_torn(path):
        return None
    with lock_of(path):
        if not _is_torn(path):
            return None  # somebody was still writing it, or has mended it
        content = path.read_bytes()
        kept = path.with_name(f"{path.name}.backup-{time.strftime('%Y%m%d-%H%M%S')}")
        kept.write_bytes(content)
        os.truncate(path, content.rfind(b"\n") + 1)
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


def _slim(entry: dict[str, Any]) -> dict[str, Any]:
    """Return an entry whose parameters' and metrics' names are in memory once, not once for each trial."""
    if "param_name" in entry:
        entry["param_name"] = intern(entry["param_name"])
    for name, value in entry.get("user_attr", {}).items():
        if isinstance(value, dict):
            entry["user_attr"] = {name: {intern(key): each for key, each in value.items()}}
    return entry
