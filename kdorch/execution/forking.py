"""The coordinator's side of the fork server."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
from multiprocessing.connection import Connection, wait

from kdorch.execution.forkserver import COMMAND, EXIT, KILL, START
from kdorch.execution.launcher import Exit, Options, exit_reason, thread_variables

_CODE = (
    "import json, sys; options = json.loads(sys.argv[2]); sys.path[:] = options['sys_path']; "
    "from kdorch.execution.forkserver import main; main(int(sys.argv[1]), options)"
)
# -u: what a job printed before a crash is in its log. -P: the current directory shadows no module.
_COMMAND_LINE = ["-u", "-P", "-c", _CODE]


class ForkServerLauncher:
    """Has workers forked by a server that has imported the heavy modules."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._running: set[int] = set()
        self._start_server()

    def start(self, number: int, connection: Connection) -> None:
        """See `Launcher`."""
        self._running.add(number)
        # A broken pipe means that the server died; `exits` will find out, and tells of this worker too.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            socket.send_fds(self._control, [COMMAND.pack(START, number)], [connection.fileno()])

    def kill(self, number: int) -> None:
        """See `Launcher`."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._control.sendall(COMMAND.pack(KILL, number))

    def waitables(self) -> list[socket.socket | int]:
        """See `Launcher`."""
        return [self._control]

    def exits(self) -> list[Exit]:
        """See `Launcher`."""
        found: list[Exit] = []
        while wait([self._control], 0):
            record = self._receive_exit()
            if not record:
                return found + self._replace_server()
            number, code, text = EXIT.unpack(record)
            self._running.remove(number)
            excess = text.rstrip(b"\0").decode()
            found.append(Exit(number, excess or exit_reason(code), "memory" if excess else ""))
        return found

    def close(self) -> None:
        """See `Launcher`."""
        self._control.close()
        self._server.terminate()  # heeded while it still imports; later it heeds the closed socket
        self._server.wait()

    def _start_server(self) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._server = subprocess.Popen(  # noqa: S603 - our own interpreter and code
                [sys.executable, *_COMMAND_LINE, str(theirs.fileno()), json.dumps(self._options)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=os.environ | thread_variables(self._options["threads"]),
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # the terminal's Ctrl-C goes to the coordinator only
            )

    def _receive_exit(self) -> bytes:
        try:
            return self._control.recv(EXIT.size, socket.MSG_WAITALL)
        except ConnectionResetError:
            return b""

    def _replace_server(self) -> list[Exit]:
        self.close()
        reason = exit_reason(self._server.returncode, "the process that forks the workers")
        lost = [Exit(number, reason) for number in self._running]
        self._running.clear()
        self._start_server()
        return lost
