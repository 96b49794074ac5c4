"""What a job must leave as it found it, since the next job runs in the same process."""

from __future__ import annotations

import os
import signal
import sys


def prepare(threads: int) -> None:
    """Give torch its number of threads, if this process has loaded torch."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(threads)


def expected_state(threads: int) -> dict[str, object]:
    """Return what a job finds that gets this many threads of torch, and has to leave."""
    return {
        "the current directory": _current_directory(),
        "the SIGINT handler": signal.SIG_IGN,
        "torch's default dtype": "torch.float32",
        "torch's number of threads": threads,
        "torch's deterministic algorithms": False,
        "torch's grad mode": True,
    }


def changes(expected: dict[str, object]) -> list[str]:
    """Name everything that differs by now; torch counts only once it is loaded."""
    return [name for name, value in current_state().items() if value != expected[name]]


def current_state() -> dict[str, object]:
    """Return what a job must leave as it is, as it is now; torch counts only once it is loaded."""
    state: dict[str, object] = {
        "the current directory": _current_directory(),
        "the SIGINT handler": signal.getsignal(signal.SIGINT),
    }
    torch = sys.modules.get("torch")
    if torch is None:
        return state
    return state | {
        "torch's default dtype": str(torch.get_default_dtype()),
        "torch's number of threads": torch.get_num_threads(),
        "torch's deterministic algorithms": torch.are_deterministic_algorithms_enabled(),
        "torch's grad mode": torch.is_grad_enabled(),
    }


def _current_directory() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109 - no path is built from it
    except FileNotFoundError:  # the job removed the directory it stood in
        return None
