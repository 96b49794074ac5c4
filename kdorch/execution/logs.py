"""What workers print: one file for each, of which only the beginning and the end are kept."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from kdorch.execution.launcher import Options

LONGEST = 2**20  # bytes of a log
_KEPT = 2**18  # bytes, at the beginning and at the end each
_LOOKS = 100  # at a log that never stops growing; then something of it is lost
_LINES_TOLD = 5
_BYTES_READ = 4096
_CUT = b"\n[...] what was printed here is left out\n"
DEAD = 100  # workers whose logs are kept after their end


def log_of(options: Options, number: int) -> Path | None:
    """Return the file that takes this worker's output, if there is one."""
    return Path(options["log_dir"], f"worker-{number}.log") if options["log_dir"] else None


def trim(log: Path | None) -> None:
    """Cut the middle out of a log that has grown too long; whoever writes goes on at its new end."""
    with contextlib.suppress(OSError):  # it may be gone, or the disk full: no reason to end anything
        if log is None or log.stat().st_size <= LONGEST:
            return
        end = _end(log)
        os.truncate(log, _KEPT)
        with log.open("ab") as stream:
            stream.write(_CUT + end)


def _end(log: Path) -> bytes:
    """Return the end of a log that somebody may be writing: what is written after this look would be lost."""
    with log.open("rb") as stream:
        for _ in range(_LOOKS):
            size = stream.seek(-_KEPT, os.SEEK_END) + _KEPT
            end = stream.read(_KEPT)
            if os.fstat(stream.fileno()).st_size == size:
                break
    return end


def last_words(options: Options, number: int) -> str:
    """Return the last lines of a worker's output as the end of a sentence; empty without a log."""
    log = log_of(options, number)
    if log is None or not log.exists():
        return ""
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - _BYTES_READ))
        lines = stream.read().decode(errors="replace").splitlines()[-_LINES_TOLD:]
    return "\n".join([f"; the end of {log}:", *lines]) if lines else ""
