"""What workers print: one file for each, of which only the beginning and the end are kept."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from kdorch.execution.launcher import Options

LONGEST = 2**20  # bytes of a log
_KEPT = 2**18  # bytes, at the beginning and at the end each
_LINES_TOLD = 5
_BYTES_READ = 4096
_CUT = b"\n[...] what was printed here is left out\n"
DEAD = 100  # workers whose logs are kept after their end


def log_of(options: Options, number: int) -> Path | None:
    """Return the file that takes this worker's output, if there is one."""
    return Path(options["log_dir"], f"worker-{number}.log") if options["log_dir"] else None


def trim(log: Path | None, writer: int | None = None) -> None:
    """Cut the middle out of a log that has grown too long; whoever writes goes on at its new end.

    Args:
        log: The file, if there is one.
        writer: The child of this process that may be writing it: it is held, or what it wrote meanwhile
            would be cut off too.
    """
    with contextlib.suppress(OSError):  # it may be gone, or the disk full: no reason to end anything
        if log is None or log.stat().st_size <= LONGEST:
            return
        with _held(writer), log.open("rb+") as stream:
            stream.seek(-_KEPT, os.SEEK_END)
            end = stream.read()
            stream.truncate(_KEPT)
            stream.seek(0, os.SEEK_END)
            stream.write(_CUT + end)


@contextlib.contextmanager
def _held(child: int | None) -> Iterator[None]:
    if child is None or not hasattr(os, "waitid"):
        yield
        return
    os.kill(child, signal.SIGSTOP)
    try:
        os.waitid(os.P_PID, child, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        yield
    finally:
        os.kill(child, signal.SIGCONT)


def last_words(options: Options, number: int) -> str:
    """Return the last lines of a worker's output as the end of a sentence; empty without a log."""
    log = log_of(options, number)
    if log is None or not log.exists():
        return ""
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - _BYTES_READ))
        lines = stream.read().decode(errors="replace").splitlines()[-_LINES_TOLD:]
    return "\n".join([f"; the end of {log}:", *lines]) if lines else ""
