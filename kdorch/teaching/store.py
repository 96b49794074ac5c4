"""A content-addressed store: what an entry was made from is its name, so nothing is made twice."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

from filelock import FileLock

_MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Entry:
    """A directory of arrays, and the facts about them.

    Attributes:
        path: The directory.
        facts: What its maker returned; JSON.
        made: Whether this call made it, rather than found it.
    """

    path: Path
    facts: dict[str, Any]
    made: bool

    @property
    def digest(self) -> str:
        """The entry's name: the digest of its key."""
        return self.path.name


@dataclass(frozen=True)
class Store:
    """Entries under one directory, by kind and key."""

    root: Path

    def path(self, kind: str, key: Mapping[str, Any]) -> Path:
        """Return where the entry for a key is, once it was made."""
        return self.root / kind / digest(key)

    def find(self, kind: str, key: Mapping[str, Any]) -> Entry | None:
        """Return the entry for a key; None if it was not made."""
        return _read(self.path(kind, key))

    def discard(self, kind: str, key: Mapping[str, Any]) -> None:
        """Remove the entry for a key, if there is one."""
        path = self.path(kind, key)
        with FileLock(path.with_suffix(".lock")):
            if path.exists():
                shutil.rmtree(path)

    def make(self, kind: str, key: Mapping[str, Any], write: Callable[[Path], dict[str, Any]]) -> Entry:
        """Return the entry for a key, made by ``write`` if there is none.

        Processes that want the same entry wait for the first. The entry appears whole or not at all: it is
        written aside, brought to disk and renamed.

        Args:
            kind: A folder of the store.
            key: Everything that decides the content; JSON.
            write: Fills the given directory and returns facts, JSON.
        """
        path = self.path(kind, key)
        found = self.find(kind, key)
        if found:
            return found
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock")):
            return _read(path) or _write(path, key, write)


def _read(path: Path) -> Entry | None:
    try:
        manifest = json.loads((path / _MANIFEST).read_text())
    except FileNotFoundError:
        return None
    return Entry(path, manifest["facts"], made=False)


def _write(path: Path, key: Mapping[str, Any], write: Callable[[Path], dict[str, Any]]) -> Entry:
    aside = path.with_suffix(".partial")
    if aside.is_symlink():
        aside.unlink()  # what it leads to is not ours
    shutil.rmtree(aside, ignore_errors=True)  # left by a process that was killed: we hold its lock now
    aside.mkdir()
    try:
        facts = write(aside)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    manifest = {"key": key, "facts": facts, "files": _files(aside)}
    (aside / _MANIFEST).write_text(json.dumps(manifest, indent=1))
    for written in (*aside.rglob("*"), aside):
        _to_disk(written)
    aside.rename(path)
    _to_disk(path.parent)
    return Entry(path, facts, made=True)


def contents(path: Path) -> str | None:
    """Return the digest of what was written in the directory of an entry; of older ones nobody knows it."""
    files = json.loads((path / _MANIFEST).read_text()).get("files")
    return None if files is None else digest(files)


def damaged(path: Path) -> list[str]:
    """Return the files in the directory of an entry that are not as they were written."""
    try:
        written = json.loads((path / _MANIFEST).read_text()).get("files", {})
    except (OSError, ValueError):
        return [_MANIFEST]
    found = _files(path)
    return [name for name, checksum in written.items() if found.get(name) != checksum]


def _files(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file that a maker has written, by its path in the folder."""
    found = {}
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        if file != folder / _MANIFEST:
            with file.open("rb") as stream:
                found[file.relative_to(folder).as_posix()] = file_digest(stream, "sha256").hexdigest()
    return found


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def digest(value: Any) -> str:
    """Return the digest of a JSON value, whatever the order of its keys: 32 hexadecimal digits."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return sha256(text.encode()).hexdigest()[:32]
