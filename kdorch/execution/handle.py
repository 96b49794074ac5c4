"""What the coordinator knows of one worker, and their conversation."""

from __future__ import annotations

import contextlib
import math
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection

from kdorch.execution.jobs import Event, Job
from kdorch.execution.worker import Message, receive, send


@dataclass
class Handle:
    """One worker, from the request to start it until its exit is told.

    Attributes:
        number: Its number with the launcher.
        connection: To the worker.
        ready: It has started and waits for jobs.
        job: The job it was given and has not finished.
        started: It has that job; until then, another worker may have it.
        expires: When the job's time is up, on the monotonic clock.
        connected: More may come through the connection.
        killed: We have asked for its end.
        verdict: Why we did so during its job; told once it is gone and had not finished after all.
    """

    number: int
    connection: Connection
    ready: bool = False
    job: Job | None = None
    started: bool = False
    expires: float = math.inf
    connected: bool = True
    killed: bool = False
    verdict: Event | None = None

    def idle(self) -> bool:
        """Whether it can be given a job."""
        return self.ready and self.job is None and self.connected and not self.killed

    def give(self, job: Job) -> None:
        """Send it a job."""
        self.job = job
        self.started = False
        self.expires = time.monotonic() + (math.inf if job.timeout is None else job.timeout)
        # A worker that died a moment ago has not been noticed yet; its exit frees the job for another.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            send(self.connection, {"entry": job.entry, "spec": job.spec, "threads": job.threads})

    def finish(self) -> None:
        """Note that its job has ended."""
        self.job = None
        self.expires = math.inf

    def hear(self) -> Message | None:
        """Wait for its next message; None when no more will come."""
        try:
            return receive(self.connection)
        except (EOFError, OSError, ValueError):  # gone, or its job has written into the connection
            self.connected = False
            return None
