"""How much memory there is, and how much of it processes use."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from rich.filesize import decimal

_CGROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_OWN = (b"RssAnon:", b"VmSwap:")  # files that are mapped into memory go where something else is needed
_SHARE = 0.8  # of the machine, for all workers together
_KEPT = 256 * 2**20  # bytes that a worker may keep for later
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # as glibc's malloc.h has them


def keep_what_is_freed() -> None:
    """Have this process keep some of the memory that it frees, where that can be asked for.

    Else each step of a training gives its maps back to the system and asks for them anew, and the system
    clears every page: up to half of the time of a step.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt:
        mallopt(_MMAP_THRESHOLD, _KEPT)
        mallopt(_TRIM_THRESHOLD, _KEPT)


@cache
def machine() -> int:
    """Return the bytes of memory that the machine has, or the container that this runs in."""
    found = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    for file in map(Path, _CGROUPS):
        text = file.read_text().strip() if file.exists() else ""
        found += [int(text)] if text.isdigit() else []
    return min(found)


def used(pid: int) -> int:
    """Return the bytes that belong to a process alone, swapped ones too; 0 where the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_bytes().splitlines()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith(_OWN))


def excess(pids: Mapping[int, int], each: int | None) -> tuple[int, str] | None:
    """Find out whether workers use too much.

    Args:
        pids: Of each worker, by its number.
        each: Bytes that one may use; None for what there is, as long as something is left for others.

    Returns:
        The number of the one that uses most, and what is too much in words; None while all is well.
    """
    found = {number: used(pid) for number, pid in pids.items()}
    most = max(found, key=found.__getitem__, default=0)
    if each is not None:
        if found and found[most] > each:
            return most, f"used {decimal(found[most])} of memory, and may use {decimal(each)}"
        return None
    together, limit = sum(found.values()), int(_SHARE * machine())
    if together > limit:
        theirs = f"all workers together {decimal(together)}, and may use {decimal(limit)}"
        return most, f"used {decimal(found[most])} of memory; {theirs}"
    return None
