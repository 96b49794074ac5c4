"""What starting and ending worker processes means, whichever way the system allows it."""

from __future__ import annotations

import os
import signal
import socket
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Protocol, TypedDict

LOG_LINES_TOLD = 5
LOG_BYTES_READ = 4096  # a log may have grown to any size


class Options(TypedDict):
    """What a process that starts workers, or becomes one, has to know; JSON."""

    sys_path: list[str]
    preload: list[str]
    threads: int
    log_dir: str | None


class Launcher(Protocol):
    """Starts workers, known by number, and ends them; no call but `close` waits for a process."""

    def start(self, number: int, connection: Connection) -> None:
        """Start a worker at the other end of the coordinator's connection."""

    def kill(self, number: int) -> None:
        """End a worker at once; nothing happens if it has ended."""

    def waitables(self) -> list[socket.socket | int]:
        """What to wait on: one of them is ready when a worker has ended."""

    def exits(self) -> list[tuple[int, str]]:
        """Return number and reason of workers that have ended, each once."""

    def close(self) -> None:
        """End all processes and wait until they are gone."""


def log_of(options: Options, number: int) -> Path | None:
    """Return the file that takes this worker's output, if there is one."""
    return Path(options["log_dir"], f"worker-{number}.log") if options["log_dir"] else None


def last_words(options: Options, number: int) -> str:
    """Return the last lines of a worker's output as the end of a sentence; empty without a log."""
    log = log_of(options, number)
    if log is None or not log.exists():
        return ""
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - LOG_BYTES_READ))
        lines = stream.read().decode(errors="replace").splitlines()[-LOG_LINES_TOLD:]
    return "\n".join([f"; the end of {log}:", *lines]) if lines else ""


def thread_variables(threads: int) -> dict[str, str]:
    """Return the environment of a process whose libraries are to use this many threads."""
    # OpenBLAS would start its threads on import, and a process that is to be forked has to have none.
    return {
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": "1",
        # Threads that wait for each other by spinning take the core from the one that they wait for.
        "OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "PASSIVE"),
    }


def exit_reason(code: int) -> str:
    """Put a process's exit code into words; negative ones are signals."""
    if code < 0:
        return f"the worker was killed by {signal.Signals(-code).name}"
    return f"the worker exited with code {code}"
