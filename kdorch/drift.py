"""What other people's code must leave as it found it, since whatever runs next runs in the same process."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import Any

State = dict[str, Any]

# Which programs take for themselves; SIGCHLD torch's DataLoader takes once and for all, and hurts nobody.
_SIGNALS = [
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGALRM", "SIGHUP", "SIGPIPE", "SIGUSR1", "SIGUSR2")
    if hasattr(signal, name)  # not every system has all
]
# Libraries add variables as they are imported, which happens once: only those that were there are watched.
_VARIABLES = tuple(os.environ)
_STDOUT, _STDERR = 1, 2
_GRACE = 0.5  # seconds that a thread may take to end: pools are shut down without waiting for theirs
_MET = "Dummy-"  # Python's name for threads of C++ that it has met: libraries keep them for later
_THREADS = "the threads that run"
_NUMPY = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}
_TORCH: State = {
    "torch's default dtype": "torch.float32",
    "torch's default device": "cpu",
    "torch's deterministic algorithms": 0,
    "torch's grad mode": True,
    "torch's inference mode": False,
    "torch's autocast": False,
    "torch's anomaly detection": False,
    "torch's precision of matmul": "highest",
    "torch's use of oneDNN": True,
    "torch's choice of cuDNN's algorithms": (False, False),
}


def prepare(threads: int) -> None:
    """Give torch its number of threads, if this process has loaded torch."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(threads)


def expected_state(threads: int) -> State:
    """Return what a job finds that gets this many threads of torch, and has to leave."""
    return _own() | _TORCH | {"torch's number of threads": threads}


def current_state() -> State:
    """Return what must be left as it is, as it is now; torch counts only once it is loaded."""
    torch = sys.modules.get("torch")
    return _own() | (_of_torch(torch) if torch else {})


def changes(expected: State) -> list[str]:
    """Name everything that differs by now, or soon: threads that are about to end are let end."""
    until = time.monotonic() + _GRACE
    while _threads() > expected[_THREADS] and time.monotonic() < until:
        time.sleep(0.005)  # whose they are, and so whom to wait for, nobody knows
    return [name for name, value in current_state().items() if value != expected[name]]


def _own() -> State:
    numpy = sys.modules.get("numpy")
    return {
        "the current directory": _current_directory(),
        "the environment": [os.environ.get(name) for name in _VARIABLES],
        "the handlers of signals": [signal.getsignal(number) for number in _SIGNALS],
        "the standard streams": [_stream(sys.stdout, _STDOUT), _stream(sys.stderr, _STDERR)],
        "the recursion limit": sys.getrecursionlimit(),
        _THREADS: _threads(),
        "the processes that run": _has_children(),
        "whether tiny numbers are zero": sys.float_info.min / 2 == 0,
        "what numpy does about errors": numpy.geterr() if numpy else _NUMPY,
    }


def _threads() -> int:
    return sum(not each.name.startswith(_MET) for each in threading.enumerate())


def _current_directory() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109 - no path is built from it
    except FileNotFoundError:  # the job removed the directory it stood in
        return None


def _stream(stream: Any, descriptor: int) -> tuple[object, ...]:
    """Return what tells whether a stream still leads where it led, closed or replaced on either level."""
    try:
        file = os.fstat(descriptor)
    except OSError:
        return (None,)
    return (id(stream), stream is None or stream.closed, file.st_dev, file.st_ino)


def _has_children() -> bool:
    if not hasattr(os, "waitid"):
        return False
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)  # who waits for one still hears its code
    except ChildProcessError:
        return False
    return True


def _of_torch(torch: Any) -> State:
    values = (
        str(torch.get_default_dtype()),
        str(torch.get_default_device()),
        torch.get_deterministic_debug_mode(),
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.is_autocast_enabled("cpu"),
        torch.is_anomaly_enabled(),
        torch.get_float32_matmul_precision(),
        torch.backends.mkldnn.enabled,
        (torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic),
    )
    found: State = dict(zip(_TORCH, values, strict=True))
    return found | {"torch's number of threads": torch.get_num_threads()}
