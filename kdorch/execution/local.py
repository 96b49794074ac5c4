"""Long-lived workers on this machine: give them jobs, hear what becomes of them, replace those that die."""

from __future__ import annotations

import itertools
import logging
import math
import os
import sys
import time
from collections import deque
from collections.abc import Sequence
from multiprocessing import Pipe
from multiprocessing.connection import wait
from pathlib import Path
from typing import Self

from kdorch.errors import ExecutionError
from kdorch.execution.forking import ForkServerLauncher
from kdorch.execution.handle import Handle
from kdorch.execution.jobs import Event, Job
from kdorch.execution.launcher import PAUSE, Exit, Launcher, Options
from kdorch.execution.logs import DEAD, last_words, log_of
from kdorch.execution.spawning import Spawner
from kdorch.execution.worker import Message
from kdorch.stopwatch import part

logger = logging.getLogger(__name__)

PRELOAD = ("torch",)
CAN_FORK = hasattr(os, "fork")
FAILED_STARTS_ALLOWED = 3


class LocalExecutor:
    """Runs jobs in worker processes of this machine; an `Executor`.

    A worker runs one job after the other. It is replaced when it dies, when a job raised an exception, and
    when a job left something changed that the next one would inherit. Use it as a context manager.

    Args:
        workers: How many jobs run at once.
        threads: Threads of torch, OpenMP and MKL in each worker.
        preload: Modules to import once, before all jobs. None may start threads or touch a GPU on import.
        sys_path: Directories to import entries from, after those of this process: none may shadow a library.
        log_dir: Where each worker writes what its jobs print; None drops it.
        memory: Bytes that a worker may use before it is ended. None lets all together use four fifths of the
            machine's memory, before the largest is ended.
    """

    def __init__(
        self,
        workers: int,
        threads: int = 1,
        preload: Sequence[str] = PRELOAD,
        sys_path: Sequence[str] = (),
        log_dir: Path | None = None,
        memory: int | None = None,
    ) -> None:
        self._count = workers
        self._log_dir = log_dir
        self._options = Options(
            sys_path=[_absolute(entry) for entry in (*sys.path, *sys_path)],
            preload=list(preload),
            threads=threads,
            log_dir=str(log_dir.absolute()) if log_dir else None,
            memory=memory,
        )
        self._launcher: Launcher | None = None
        self._numbers = itertools.count(1)
        self._workers: dict[int, Handle] = {}
        self._waiting: deque[Job] = deque()
        self._events: list[Event] = []
        self._failed_starts = 0  # in a row

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @part("start-up")
    def open(self) -> None:
        """Start all processes in the background; see `Executor`."""
        if self._launcher is not None:
            return
        if self._log_dir:
            self._log_dir.mkdir(parents=True, exist_ok=True)
        self._launcher = (ForkServerLauncher if CAN_FORK else Spawner)(self._options)
        self._failed_starts = 0
        for _ in range(self._count):
            self._start_worker(self._launcher)

    def can_take(self) -> bool:
        """Whether fewer jobs are held than there are workers; see `Executor`."""
        return self._launcher is not None and len(self._jobs()) < self._count

    def limit(self, workers: int) -> None:
        """Hold no more jobs at once than this; the other workers stay idle."""
        self._count = min(self._count, workers)

    def submit(self, job: Job) -> None:
        """Take a job; see `Executor`."""
        job.validate()
        if not self.can_take():
            raise ExecutionError(f"job {job.id!r}: the executor is closed or all its workers have a job.")
        if any(job.id == held.id for held in self._jobs()):
            raise ExecutionError(f"job {job.id!r}: a job with this id is still running.")
        self._waiting.append(job)
        self._dispatch()

    def poll(self, timeout: float) -> list[Event]:
        """Return what happened, waiting up to `timeout` seconds for the first event; see `Executor`."""
        if self._launcher is None:
            raise ExecutionError("poll: the executor is closed.")
        end = time.monotonic() + timeout
        while not self._events:
            self._wait(self._launcher, end)
            if time.monotonic() >= end:
                break
        events, self._events = self._events, []
        return events

    @part("shut-down")
    def close(self) -> None:
        """End every process; see `Executor`."""
        if self._launcher is None:
            return
        for worker in self._workers.values():
            worker.connection.close()
        self._launcher.close()
        self._launcher = None
        self._workers.clear()
        self._waiting.clear()
        self._events.clear()

    def _jobs(self) -> list[Job]:
        return [*self._waiting, *(worker.job for worker in self._workers.values() if worker.job)]

    def _start_worker(self, launcher: Launcher) -> None:
        ours, theirs = Pipe()
        with theirs:
            worker = Handle(next(self._numbers), ours)
            launcher.start(worker.number, theirs)
        self._workers[worker.number] = worker

    def _dispatch(self) -> None:
        for worker in self._workers.values():
            if self._waiting and worker.idle():
                worker.give(self._waiting.popleft())

    def _wait(self, launcher: Launcher, end: float) -> None:
        soon = time.monotonic() + PAUSE  # some launchers watch their workers only when they are asked
        until = min([end, soon, *(worker.expires for worker in self._workers.values())])
        talking = {worker.connection: worker for worker in self._workers.values() if worker.connected}
        ready = wait([*talking, *launcher.waitables()], max(0.0, until - time.monotonic()))
        for connection, worker in talking.items():
            if connection in ready:
                self._hear(worker)
        for ended in launcher.exits():
            self._bury(self._workers.pop(ended.number), ended)
            self._start_worker(launcher)
        self._end_the_overdue()
        self._dispatch()

    def _hear(self, worker: Handle) -> None:
        message = worker.hear()
        if message is None:
            self._kill(worker)  # it may have closed the connection and live on
        elif message["kind"] == "ready":
            worker.ready = True
            self._failed_starts = 0
        elif worker.job is not None:
            worker.started = True
            spent = message.get("seconds", {})
            self._events.append(Event(worker.job, message["kind"], message["data"], spent))
            if message["kind"] in ("done", "error"):
                self._finish(worker, worker.job.id, message)

    def _finish(self, worker: Handle, job_id: str, message: Message) -> None:
        worker.finish()
        changed = message.get("changed")
        if changed:
            logger.warning("Job %s changed %s; its worker is replaced.", job_id, " and ".join(changed))
        if changed or message["kind"] == "error":
            self._kill(worker)

    def _kill(self, worker: Handle, verdict: Event | None = None) -> None:
        """End the process; all else happens when its exit is told, after what it still had to say."""
        worker.killed = True
        worker.expires = math.inf
        worker.verdict = worker.verdict or verdict
        if self._launcher is not None:
            self._launcher.kill(worker.number)

    def _end_the_overdue(self) -> None:
        now = time.monotonic()
        for worker in self._workers.values():
            if worker.job is not None and worker.expires <= now:
                reason = f"exceeded its deadline of {worker.job.timeout:g} s"
                reason += last_words(self._options, worker.number)
                self._kill(worker, Event(worker.job, "lost", {"reason": reason, "limit": "timeout"}))

    def _bury(self, worker: Handle, ended: Exit) -> None:
        while worker.connected and worker.connection.poll():
            self._hear(worker)
        worker.connection.close()
        reason = ended.reason + last_words(self._options, worker.number)
        self._forget_log(worker.number - DEAD)
        if worker.verdict is not None and worker.job is not None:
            self._events.append(worker.verdict)
        elif worker.started and worker.job is not None:
            self._events.append(Event(worker.job, "lost", {"reason": reason, "limit": ended.limit}))
        elif worker.job is not None:
            self._waiting.appendleft(worker.job)
        if not worker.ready:
            self._count_failed_start(reason)

    def _forget_log(self, number: int) -> None:
        log = log_of(self._options, number)
        if log and number not in self._workers:
            log.unlink(missing_ok=True)

    def _count_failed_start(self, reason: str) -> None:
        self._failed_starts += 1
        if self._failed_starts >= FAILED_STARTS_ALLOWED:
            raise ExecutionError(
                f"{self._failed_starts} workers in a row died before they were ready; the last: {reason}. "
                "See what the modules to preload do on import."
            )


def _absolute(entry: str) -> str:
    # A job may change its directory; what is no directory or archive belongs to some import hook.
    return str(Path(entry).absolute()) if Path(entry).exists() else entry
