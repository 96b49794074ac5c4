"""The processes of a study: all that work in one directory, which nobody else works in."""

from __future__ import annotations

import os
import select
from pathlib import Path

PATIENCE = 60_000  # milliseconds until a process that was told to end has done so, on a busy machine


def family(folder: Path) -> list[int]:
    """Return the living processes whose working directory this is."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink() == folder:
                found.append(int(entry.name))
        except OSError:
            continue  # it has ended, or is not ours
    return found


def outlive(folder: Path) -> bool:
    """Wait until each process of a directory has ended; False if one does not."""
    return all(map(_ended, family(folder)))


def _ended(pid: int) -> bool:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(PATIENCE))
    finally:
        os.close(descriptor)
