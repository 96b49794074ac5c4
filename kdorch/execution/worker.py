"""The worker's side: run one job after the other, and say what became of each.

Messages are JSON in both directions, so that nothing is ever unpickled:
coordinator → worker ``{entry, spec, threads}``; worker → coordinator ``{kind, data}``, first ready, then for
each job started, any number of report, and done or error.
``done`` also names what the job left changed, and both say where its time went. Whether this process lives on
is the coordinator's decision.
"""

from __future__ import annotations

import faulthandler
import gc
import importlib
import json
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection
from operator import attrgetter
from pathlib import Path
from typing import Any

from kdorch import drift
from kdorch.execution import memory
from kdorch.stopwatch import stopwatch

Message = dict[str, Any]


def send(connection: Connection, message: Message) -> None:
    """Send one message; raises `TypeError` or `ValueError` for what is not JSON."""
    connection.send_bytes(json.dumps(message).encode())


def receive(connection: Connection) -> Message:
    """Wait for one message; raises `EOFError` or `OSError` when the other side is gone."""
    message: Message = json.loads(connection.recv_bytes())
    return message


def import_all(modules: list[str]) -> None:
    """Import what jobs will need, before the first of them comes.

    Modules stay: looking through them for garbage, again and again as they come, takes a quarter of the time.
    """
    gc.disable()
    for module in modules:
        try:
            importlib.import_module(module)
        except Exception:  # noqa: BLE001 - the job that needs the module fails with the same error, and is told
            traceback.print_exc()
    gc.freeze()
    gc.enable()


def redirect_output(log: Path | None) -> None:
    """Send whatever this process and its libraries print to the log, or nowhere."""
    target = os.open(log or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(target, 1)
    os.dup2(target, 2)
    os.close(target)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # or a job that dies takes its last words along
    faulthandler.enable()


def serve(connection: Connection, threads: int) -> None:
    """Run jobs until the coordinator closes the connection.

    Args:
        connection: To the coordinator.
        threads: For torch, set again before each job that names no other number.
    """
    # Ctrl-C reaches every process of a terminal, but only the coordinator knows what to do about it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    memory.keep_what_is_freed()
    try:
        send(connection, {"kind": "ready", "data": {"pid": os.getpid()}})
        while True:
            request = receive(connection)
            send(connection, {"kind": "started", "data": {"pid": os.getpid()}})
            given = request["threads"] or threads
            drift.prepare(given)
            stopwatch.restart()
            expected = drift.expected_state(given)
            answer = _run(connection, request, expected)
            send(connection, answer | {"seconds": stopwatch.read()})
    except (EOFError, OSError):
        return


def _run(connection: Connection, request: Message, expected: dict[str, object]) -> Message:
    entry = request["entry"]

    def report(data: dict[str, Any]) -> None:
        _require_json(f"{entry} reported", data)
        send(connection, {"kind": "report", "data": data})

    try:
        with warnings.catch_warnings():
            result = _resolve(entry)(request["spec"], report)
        _require_json(f"{entry} returned", result)
    except BaseException as error:  # noqa: BLE001 - sys.exit() in a job ends the job, not the worker
        return {"kind": "error", "data": _describe(error)}
    return {"kind": "done", "data": result, "changed": drift.changes(expected)}


def _resolve(entry: str) -> Callable[[dict[str, Any], Callable[[dict[str, Any]], None]], Any]:
    module, _, function = entry.partition(":")
    found: Callable[..., Any] = attrgetter(function)(importlib.import_module(module))
    return found


def _require_json(who: str, data: object) -> None:
    if not isinstance(data, dict):
        raise TypeError(f"{who} {type(data).__name__} instead of a dict of JSON values.")
    try:
        json.dumps(data)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{who} a dict that is not JSON: {error}.") from error


def _describe(error: BaseException) -> dict[str, str]:
    return {
        "type": type(error).__name__,
        "message": str(error),
        "traceback": "".join(traceback.format_exception(error)),
    }
