"""A disk that is full, broken, or not ours to write to: nothing that a study or a trial could help."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kdorch.errors import StoreError

_REFUSALS = {
    errno.ENOSPC: "Make room there",
    errno.EDQUOT: "Make room there",
    errno.EROFS: "Choose another project directory with --home",
    errno.EACCES: "Choose another project directory with --home, or have its owner let you write",
    errno.EPERM: "Choose another project directory with --home, or have its owner let you write",
    errno.ENOTDIR: "Choose another project directory with --home",
    errno.EEXIST: "Choose another project directory with --home",
    errno.EIO: "Have a look at that disk",
    errno.ENAMETOOLONG: "Choose a shorter path with --home",
    errno.EMFILE: "Let a process open more files (ulimit -n)",
    errno.ENFILE: "Close what has many files open",
}
_GO_ON = "and run the same command again: nothing that is complete is lost."
_EVERYWHERE = (errno.ENOSPC, errno.EDQUOT)
# What others say in their own words: safetensors, torch, a plugin's library.
_FULL = [os.strerror(number) for number in _EVERYWHERE]
_FULL.append("disk is full")  # as SQLite says it


@contextmanager
def usable(home: Path) -> Iterator[None]:
    """Say in a message what the system refuses, and what to do about it.

    Args:
        home: Where something is written, if the system does not say.

    Raises:
        StoreError: Instead of what the system raises.
    """
    try:
        yield
    except OSError as error:
        told = refusal(error, home)
        if told is None:
            raise
        raise StoreError(told) from error


def refusal(error: OSError, home: Path) -> str | None:
    """Return in words that the system refuses to write, and what to do; None if that is not what is wrong."""
    if error.errno not in _REFUSALS:
        return None
    ours = bool(error.filename) and Path(error.filename).resolve().is_relative_to(home.resolve())
    if not ours and error.errno not in _EVERYWHERE:  # a file of somebody else's, which is only read
        return None
    where = error.filename or home
    return f"{where} cannot be written: {error.strerror}. {_REFUSALS[error.errno]}, {_GO_ON}"


def advice(what: str) -> str:
    """Return what to do about what a library says of the disk; nothing if it says nothing of that."""
    return f"Make room there, {_GO_ON}" if any(each in what for each in _FULL) else ""


def acquit(what: str) -> None:
    """Make sure that an error that a worker told is the trial's own.

    Raises:
        StoreError: It is the disk's, and would be everybody's.
    """
    said = next((each for each in _FULL if each in what), None)
    if said:
        raise StoreError(f"A worker could not write: {said} ({what.rstrip('.')}). Make room there, {_GO_ON}")
