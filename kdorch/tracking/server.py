"""MLflow's pages for a project directory: on this machine only, unless somebody asks for more."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from urllib.error import URLError
from uuid import uuid4

from kdorch.errors import TrackingError
from kdorch.tracking.database import local_uri

LOOPBACK = "127.0.0.1"  # the server asks nobody for a password
_EVERYWHERE = {"0.0.0.0": LOOPBACK, "::": "::1"}  # noqa: S104  and where those are asked from here
_IN_USE = f"[Errno {errno.EADDRINUSE}]"  # in the server's log
_USUAL_PORT = 5000
_NAME_HEADER = "kdorch-server"
_PATIENCE = 120.0  # seconds until it must answer: 5 s on an idle machine, 13 s on a busy one
_GRACE = 5.0  # seconds to finish what it is answering


@dataclass(frozen=True)
class Server:
    """A running server; as a context manager it stops at the end.

    Attributes:
        url: Where it answers, without a slash at the end.
        process: The process that was started; its children share its group.
    """

    url: str
    process: subprocess.Popen[bytes]

    def wait(self) -> int:
        """Wait until it ends by itself, or is stopped from elsewhere; return its exit code."""
        return self.process.wait()

    def stop(self) -> None:
        """End it and its children; harmless when they have ended already."""
        _signal_group(self.process, signal.SIGTERM)
        try:
            self.process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            pass
        finally:
            _signal_group(self.process, signal.SIGKILL)
            self.process.wait()

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


def is_loopback(host: str) -> bool:
    """Say whether nobody but this machine reaches an address."""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


def serve(home: Path, port: int | None = None, host: str = LOOPBACK) -> Server:
    """Start a server for the local store of ``home`` and return when it answers.

    Args:
        home: The project directory, where its ``server.log`` goes; the database is made if it is not there.
        port: Wanted port, 5000 if None; a free one is taken instead when it is in use.
        host: The address to answer at; whoever reaches it can read, change and delete everything.

    Raises:
        TrackingError: The server ended or did not answer; the message holds the end of its log.
    """
    wanted = port or _USUAL_PORT
    if _is_free(host, wanted):
        try:
            return _serve_at(host, wanted, home.resolve())
        except TrackingError as error:
            if _is_free(host, wanted) and _IN_USE not in str(error):
                raise  # somebody who was quicker, and may be gone by now, is not the reason
    return _serve_at(host, _any_port(host), home.resolve())


def _socket(host: str) -> socket.socket:
    return socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)


def _is_free(host: str, port: int) -> bool:
    with _socket(host) as probe:
        # As servers do: a port whose last connection is only just closed counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, os.name != "nt")
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _any_port(host: str) -> int:
    try:
        with _socket(host) as probe:
            probe.bind((host, 0))
            return int(probe.getsockname()[1])
    except OSError as error:
        raise TrackingError(f"{host} is no address of this machine: {error.strerror}.") from error


def _serve_at(host: str, port: int, home: Path) -> Server:
    log = home / "server.log"
    name, near = uuid4().hex, _EVERYWHERE.get(host, host)
    url = f"http://[{near}]:{port}" if ":" in near else f"http://{near}:{port}"
    server = Server(url, _start(home, local_uri(home), host, port, name, log))
    try:
        _wait_until_it_answers(server, name, log)
    except BaseException:
        server.stop()
        raise
    return server


def _start(home: Path, uri: str, host: str, port: int, name: str, log: Path) -> subprocess.Popen[bytes]:
    """Start it in a group of its own, so that its children can be ended with it."""
    command = [sys.executable, "-m", "mlflow", "server"]
    command += ["--host", host, "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", uri, "--artifacts-destination", (home / "artifacts").as_uri()]
    command += ["--uvicorn-opts", f"--header {_NAME_HEADER}:{name}"]
    # Its job runner and queues take a minute and 1.5 GB to start, for evaluations that we do not run.
    environment = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    for moves_or_replaces_it in ("MLFLOW_STATIC_PREFIX", "MLFLOW_GUNICORN_OPTS"):
        environment.pop(moves_or_replaces_it, None)
    with log.open("wb") as output:
        return subprocess.Popen(  # noqa: S603 - our own interpreter, our own arguments
            command,
            cwd=home,
            env=environment,
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )


def _wait_until_it_answers(server: Server, name: str, log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not _answers(server.url, name):
        try:
            server.process.wait(0.1)  # not a sleep: a server that dies is noticed at once
        except subprocess.TimeoutExpired:
            if time.monotonic() < deadline:
                continue
        ended = server.process.poll()
        what = f"did not answer for {_PATIENCE:.0f} s" if ended is None else f"ended with exit code {ended}"
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-10:])
        raise TrackingError(f"the MLflow server {what}. The end of {log}:\n{tail}")


def _answers(url: str, name: str) -> bool:
    """Ask for the name too: another server may have taken the port while ours was starting."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy is not on this machine
    try:
        with direct.open(f"{url}/health", timeout=5) as reply:
            return bool(reply.headers[_NAME_HEADER] == name)
    except (URLError, OSError):
        return False


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if os.name == "nt":
        command = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
        subprocess.run(command, check=False, capture_output=True)  # noqa: S603
        return
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
        return
