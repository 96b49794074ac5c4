"""What starting and ending worker processes means, whichever way the system allows it."""

from __future__ import annotations

import os
import signal
import socket
from multiprocessing.connection import Connection
from typing import NamedTuple, Protocol, TypedDict

PAUSE = 0.2  # seconds between two looks at what workers use up


class Options(TypedDict):
    """What a process that starts workers, or becomes one, has to know; JSON."""

    sys_path: list[str]
    preload: list[str]
    threads: int
    log_dir: str | None
    memory: int | None


class Exit(NamedTuple):
    """A worker has ended.

    Attributes:
        number: Which one.
        reason: Why, in words.
        limit: ``memory`` if it was ended because of that.
    """

    number: int
    reason: str
    limit: str = ""


class Launcher(Protocol):
    """Starts workers, known by number, and ends them; no call but `close` waits for a process."""

    def start(self, number: int, connection: Connection) -> None:
        """Start a worker at the other end of the coordinator's connection."""

    def kill(self, number: int) -> None:
        """End a worker at once; nothing happens if it has ended."""

    def waitables(self) -> list[socket.socket | int]:
        """What to wait on: one of them is ready when a worker has ended."""

    def exits(self) -> list[Exit]:
        """Return the workers that have ended, each once."""

    def close(self) -> None:
        """End all processes and wait until they are gone."""


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


_HINTS = {"SIGBUS": ", as where a file in memory was cut short or its disk is full"}


def exit_reason(code: int, who: str = "the worker") -> str:
    """Put a process's exit code into words; negative ones are signals."""
    if code < 0:
        name = signal.Signals(-code).name
        return f"{who} was killed by {name}" + _HINTS.get(name, "")
    return f"{who} exited with code {code}"
