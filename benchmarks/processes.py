"""CPU time of this process and everything it started, and children that say what they found."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import Any

_ADOPT_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER of Linux's prctl
_PARENT, _TIMES = 1, slice(11, 15)  # behind the name in /proc/*/stat; own time, and that of dead children


def adopt_orphans() -> None:
    """Become the parent of grandchildren that outlive their own, so that none of their time is lost."""
    ctypes.CDLL(None).prctl(_ADOPT_ORPHANS, 1, 0, 0, 0)


def cpu_seconds() -> float:
    """Return the CPU time of this process and of all its descendants, living, dead or not yet waited for."""
    dead = getrusage(RUSAGE_CHILDREN)
    return time.process_time() + dead.ru_utime + dead.ru_stime + _of_the_others()


def _of_the_others() -> float:
    known = {int(path.name): _stat(path) for path in Path("/proc").iterdir() if path.name.isdigit()}
    family, generation = {os.getpid()}, {os.getpid()}
    while generation:
        generation = {pid for pid, fields in known.items() if int(fields[_PARENT]) in generation}
        family |= generation
    ticks = sum(int(ticks) for pid in family - {os.getpid()} for ticks in known[pid][_TIMES])
    return ticks / os.sysconf("SC_CLK_TCK")


def _stat(process: Path) -> list[str]:
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:  # it ended in between
        return ["0"] * _TIMES.stop


def told(module: str, arguments: Sequence[str], *, threads: int = 1) -> dict[str, Any]:
    """Run a module in a process of its own and return the JSON object that its last line is.

    Raises:
        RuntimeError: If it fails, with the end of what it said.
    """
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)  # noqa: S603  ours
    if done.returncode:
        raise RuntimeError(f"{module} failed: {done.stderr[-2000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer
