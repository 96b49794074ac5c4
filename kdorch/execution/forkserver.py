"""A process that imports the heavy modules once, forks every worker, and outlives none of them.

multiprocessing has such a server too. Ours differs in what a search needs: asking it for a worker does not
block while it imports, it never looks at the user's ``__main__``, and it ends with the executor it serves.
Every end is noticed as an end-of-file, however it came: the coordinator is gone → the server kills its
workers and exits; the server is gone → each worker kills itself.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import struct
import sys
import threading
import traceback
from multiprocessing.connection import Connection, wait
from pathlib import Path

from kdorch.execution.launcher import PAUSE, Options
from kdorch.execution.logs import log_of, trim
from kdorch.execution.memory import excess
from kdorch.execution.worker import import_all, redirect_output, serve

# Records of fixed length: a stream of them needs no framing, and carries a file descriptor beside START.
COMMAND = struct.Struct("!cI")  # START or KILL, number of the worker
EXIT = struct.Struct("!Ii200s")  # number of the worker, exit code (negative: signal), which limit it exceeded
START = b"S"
KILL = b"K"
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of Linux


def main(control: int, options: Options) -> None:
    """Preload, then serve until the coordinator is gone.

    Args:
        control: Descriptor of the socket to the coordinator.
        options: For all workers.
    """
    import_all(options["preload"])
    # Until here SIGTERM may cut the imports short. From here on there are workers to be ended first.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    ForkServer(socket.socket(fileno=control), options).run()
    os._exit(0)  # an orderly end would spend a second on taking torch apart


class ForkServer:
    """Forks, kills and reaps workers, which it knows by number."""

    def __init__(self, control: socket.socket, options: Options) -> None:
        self._control = control
        self._options = options
        self._pids: dict[int, int] = {}
        self._reasons: dict[int, str] = {}  # of those that used too much memory
        self._lifeline, self._lifeline_end = os.pipe()
        self._child_exited, self._wakeup = socket.socketpair()

    def run(self) -> None:
        """Obey until the coordinator is gone, then leave no worker behind."""
        self._wakeup.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wakeup.fileno(), warn_on_full_buffer=False)
        _adopt_orphans()
        # An OSError means that the coordinator vanished while it was being told of an exit.
        with contextlib.suppress(OSError):
            while self._step():
                pass
        for pid in self._pids.values():
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            _kill_what_it_started(pid)
        self._pids.clear()
        self._kill_orphans()

    def _step(self) -> bool:
        ready = wait([self._control, self._child_exited], PAUSE)
        self._watch()
        if self._child_exited in ready:
            self._child_exited.recv(4096)
            self._reap()
        return self._control not in ready or self._obey()

    def _obey(self) -> bool:
        record, descriptors, _, _ = socket.recv_fds(self._control, COMMAND.size, 1)
        if not record:
            return False
        command, number = COMMAND.unpack(record)
        if command == START:
            self._fork(number, descriptors[0])
        elif number in self._pids:
            os.kill(self._pids[number], signal.SIGKILL)
        return True

    def _reap(self) -> None:
        for number, worker in list(self._pids.items()):
            pid, status = os.waitpid(worker, os.WNOHANG)
            if pid:
                _kill_what_it_started(pid)
                del self._pids[number]
                trim(log_of(self._options, number))
                reason = self._reasons.pop(number, "").encode()
                self._control.sendall(EXIT.pack(number, os.waitstatus_to_exitcode(status), reason))

        self._kill_orphans()

    def _kill_orphans(self) -> None:
        """End what left its worker's group, and so was not ended with it."""
        for pid in _children() - {*self._pids.values()}:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    def _watch(self) -> None:
        for number, pid in self._pids.items():
            trim(log_of(self._options, number), pid)
        found = excess(self._pids, self._options["memory"])
        if found:
            number, self._reasons[found[0]] = found
            os.kill(self._pids[number], signal.SIGKILL)

    def _fork(self, number: int, descriptor: int) -> None:
        pid = os.fork()
        if pid == 0:
            try:
                self._become_worker(number, descriptor)
            except BaseException:  # noqa: BLE001 - the server's frames above must never run twice
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        os.close(descriptor)
        self._pids[number] = pid

    def _become_worker(self, number: int, descriptor: int) -> None:
        os.setpgid(0, 0)  # its own group, so that all it starts can be ended with it
        signal.set_wakeup_fd(-1)
        for number_of_signal in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number_of_signal, signal.SIG_DFL)
        for end in (self._control, self._child_exited, self._wakeup):
            end.close()
        os.close(self._lifeline_end)
        redirect_output(log_of(self._options, number))
        threading.Thread(target=_die_with_server, args=(self._lifeline,), daemon=True).start()
        serve(Connection(descriptor), self._options["threads"])


def _adopt_orphans() -> None:
    """Become the parent of all that workers leave behind, where the system knows of such a thing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SUBREAPER, 1)


def _children() -> set[int]:
    known = Path(f"/proc/self/task/{os.getpid()}/children")
    return set(map(int, known.read_text().split())) if known.exists() else set()


def _kill_what_it_started(pid: int) -> None:
    with contextlib.suppress(OSError):
        os.killpg(pid, signal.SIGKILL)


def _die_with_server(lifeline: int) -> None:
    os.read(lifeline, 1)  # nothing is ever written: this returns when the server is gone
    os.killpg(os.getpgrp(), signal.SIGKILL)
