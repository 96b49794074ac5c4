"""Python with torch and MLflow imported already: the processes of tests, without the seconds until they begin.

One process imports the heavy libraries, and nothing of kdorch; whoever asks it for ``python -c CODE`` or
``python SCRIPT`` gets a fork of it. That is a process as any other: its own directory, environment, modules of
kdorch, exit code, and it dies when it is killed. Only what a process has to import at its start is not shown by it.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import io
import json
import os
import runpy
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Self

HEAVY = ("torch._dynamo", "torch.export", "mlflow.pyfunc", "mlflow.store.tracking.sqlalchemy_store")
HEAVY += ("optuna.storages.journal", "sklearn.pipeline", "sklearn.datasets", "scipy.stats", "torchmetrics")
NUMBER = struct.Struct("!q")
ADDRESS = "KDORCH_TEST_WARM"  # in the environment of a process whose own workers are to be forked, too


class Process:
    """A process that was asked for; so much of `subprocess.Popen` as is used here."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        (self.pid,) = NUMBER.unpack(connection.recv(NUMBER.size, socket.MSG_WAITALL))
        self.returncode: int | None = None

    def wait(self) -> int:
        """Wait for its end; negative is a signal."""
        if self.returncode is None:
            (self.returncode,) = NUMBER.unpack(self._connection.recv(NUMBER.size, socket.MSG_WAITALL))
            self._connection.close()
        return self.returncode

    def terminate(self) -> None:
        """Send SIGTERM."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)


class Warm:
    """Asks for processes.

    Args:
        address: Of the process that has imported everything.
    """

    def __init__(self, address: str) -> None:
        self.address = address

    def popen(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        stdin: int,
        stdout: int,
        stderr: int,
        cwd: Path | None = None,
        pass_fds: Sequence[int] = (),
        start_new_session: bool = False,
    ) -> Process:
        """Start ``[python, …]``; see `subprocess.Popen`."""
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self.address)
        asked = {"words": command[1:], "environment": dict(env), "folder": str(cwd or Path.cwd())}
        asked |= {"descriptors": [0, 1, 2, *pass_fds], "session": start_new_session}
        with Path(os.devnull).open("r+b") as nothing:
            streams = [
                nothing.fileno() if each == subprocess.DEVNULL else each for each in (stdin, stdout, stderr)
            ]
            socket.send_fds(connection, [b"!"], [*streams, *pass_fds])
        connection.sendall(json.dumps(asked).encode() + b"\n")
        return Process(connection)

    def run(self, *words: str, env: Mapping[str, str], cwd: Path | None = None) -> Any:
        """Run ``python WORDS`` to its end, its output kept."""
        with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
            streams = {"stdin": subprocess.DEVNULL, "stdout": output.fileno(), "stderr": errors.fileno()}
            process = self.popen(
                ["python", *words], env=dict(env) | {ADDRESS: self.address}, cwd=cwd, **streams
            )
            try:
                code = process.wait()
            except BaseException:
                process.terminate()
                raise
            for file in (output, errors):
                file.seek(0)
            return subprocess.CompletedProcess(words, code, output.read(), errors.read())

    def replacement(self) -> Any:
        """Return what may stand in a module for `subprocess`."""
        return SimpleNamespace(Popen=self.popen, DEVNULL=subprocess.DEVNULL)


class Server(Warm):
    """The process that has imported everything; use it as a context manager."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        super().__init__(str(folder / "warm"))
        self._environment = environment

    def __enter__(self) -> Self:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.address)
            listener.listen()
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(listener.fileno())],
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                pass_fds=[listener.fileno()],
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def serve(listener: socket.socket) -> None:
    """Fork a process for each that is asked for, until the one that began this is gone."""
    for module in HEAVY:
        importlib.import_module(module)
    while listener in select.select([listener, 0], [], [])[0]:
        connection, _ = listener.accept()
        with contextlib.suppress(ChildProcessError):  # nobody else waits for those that watch
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if os.fork() == 0:
            listener.close()
            watch(connection)
            return
        connection.close()


def watch(connection: socket.socket) -> None:
    """Become the process that is asked for, and beside it one that tells its end."""
    _, descriptors, _, _ = socket.recv_fds(connection, 1, 16)
    with connection.makefile() as lines:
        asked = json.loads(lines.readline())
    pid = os.fork()
    if pid == 0:
        connection.close()
        become(asked, descriptors)
        return
    for descriptor in descriptors:
        os.close(descriptor)
    with contextlib.suppress(BrokenPipeError):
        connection.sendall(NUMBER.pack(pid))
        _, status = os.waitpid(pid, 0)
        connection.sendall(NUMBER.pack(os.waitstatus_to_exitcode(status)))
    os._exit(0)


def become(asked: dict[str, Any], descriptors: list[int]) -> None:
    """Be a Python that was just started with these words."""
    if asked["session"]:
        os.setsid()
    above = max(asked["descriptors"]) + 1
    apart = [fcntl.fcntl(descriptor, fcntl.F_DUPFD, above) for descriptor in descriptors]
    for descriptor in descriptors:
        os.close(descriptor)
    for number, target in zip(apart, asked["descriptors"], strict=True):
        os.dup2(number, target)
        os.close(number)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    begin(asked["words"])


def begin(words: list[str]) -> None:
    """Run what stands after ``python``."""
    if "-u" in words:
        unbuffered: Any = io.FileIO(
            1, "w", closefd=False
        )  # which the wrapper takes, but its annotation does not
        sys.stdout = io.TextIOWrapper(unbuffered, write_through=True)
    at = next(at for at, word in enumerate(words) if word == "-c" or not word.startswith("-"))
    is_code = words[at] == "-c"
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:] = ["" if is_code else str(Path(words[at]).parent), *filter(None, paths), *sys.path[1:]]
    importlib.invalidate_caches()
    address = os.environ.pop(ADDRESS, None)
    if address:
        fork_workers(Warm(address))
    sys.argv = ["-c", *words[at + 2 :]] if is_code else words[at:]
    if is_code:
        sys.modules["__main__"] = ModuleType("__main__")
        exec(words[at + 1], vars(sys.modules["__main__"]))
    else:
        runpy.run_path(words[at], run_name="__main__")


def fork_workers(warm: Warm) -> None:
    """Let this process have its fork server from there, too."""
    from kdorch.execution import forking

    forking.subprocess = warm.replacement()


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
