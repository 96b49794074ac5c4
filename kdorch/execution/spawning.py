"""Workers from a fresh interpreter each, for systems that cannot fork (Windows)."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import socket
import sys
import threading
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from kdorch.execution.launcher import Exit, Options, exit_reason, thread_variables
from kdorch.execution.logs import log_of, trim
from kdorch.execution.memory import excess
from kdorch.execution.worker import import_all, redirect_output, serve


class Spawner:
    """Starts every worker as a process of multiprocessing."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._context = multiprocessing.get_context("spawn")
        self._processes: dict[int, SpawnProcess] = {}
        self._reasons: dict[int, str] = {}  # of those that used too much memory

    def start(self, number: int, connection: Connection) -> None:
        """See `Launcher`."""
        process = self._context.Process(
            target=_spawned, args=(connection, number, self._options), daemon=True
        )
        with _hidden_main(), _environment(thread_variables(self._options["threads"])):
            process.start()
        self._processes[number] = process

    def kill(self, number: int) -> None:
        """See `Launcher`."""
        if number in self._processes:
            self._processes[number].kill()

    def waitables(self) -> list[socket.socket | int]:
        """See `Launcher`."""
        return [process.sentinel for process in self._processes.values()]

    def exits(self) -> list[Exit]:
        """See `Launcher`."""
        self._watch()
        ended = {number: process for number, process in self._processes.items() if not process.is_alive()}
        for number in ended:
            del self._processes[number]
        return [self._exit(number, process.exitcode or 0) for number, process in ended.items()]

    def close(self) -> None:
        """See `Launcher`."""
        for process in self._processes.values():
            process.kill()
            process.join()
        self._processes.clear()

    def _watch(self) -> None:
        pids = {number: process.pid or 0 for number, process in self._processes.items()}
        for number, pid in pids.items():
            trim(log_of(self._options, number), pid)
        found = excess(pids, self._options["memory"])
        if found:
            number, self._reasons[found[0]] = found
            self._processes[number].kill()

    def _exit(self, number: int, code: int) -> Exit:
        reason = self._reasons.pop(number, "")
        return Exit(number, reason or exit_reason(code), "memory" if reason else "")


def _spawned(connection: Connection, number: int, options: Options) -> None:
    redirect_output(log_of(options, number))
    threading.Thread(target=_die_with_coordinator, daemon=True).start()
    sys.path[:] = options["sys_path"]
    import_all(options["preload"])
    serve(connection, options["threads"])


def _die_with_coordinator() -> None:
    coordinator = multiprocessing.parent_process()
    if coordinator is not None:
        coordinator.join()
    os._exit(1)


@contextlib.contextmanager
def _hidden_main() -> Iterator[None]:
    # multiprocessing runs the user's script again in the child, unless it calls itself a __main__ module.
    main = sys.modules["__main__"]
    spec = main.__spec__
    main.__spec__ = ModuleSpec("__main__", None)
    try:
        yield
    finally:
        main.__spec__ = spec


@contextlib.contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
