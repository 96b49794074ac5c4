from __future__ import annotations

import os
import select
from pathlib import Path

import pytest

from kdorch.execution import Job, LocalExecutor, local

LIMIT = 20  # seconds after which a test gives up; nothing here takes that long


class Harness(LocalExecutor):
    """An executor of this machine, with the loops that tests need around it."""

    def until(self, *kinds, count=1):
        """Poll until there were `count` events of these kinds; return all events."""
        events = []
        while sum(event.kind in kinds for event in events) < count:
            new = self.poll(LIMIT)
            assert new, f"only {[(event.job.id, event.kind, event.data) for event in events]}"
            events += new
        return events

    def run(self, entry, spec=None, **settings):
        """Run one job of `sample_entries`; return its events."""
        self.submit(Job("job", f"sample_entries:{entry}", spec or {}, **settings))
        return self.until("done", "error", "lost")


@pytest.fixture(autouse=True)
def _warm_workers():
    """Here the fork server begins as it does for everybody: its beginning and its end are what is tested."""


@pytest.fixture
def make_executor():
    executors = []

    def make(workers=1, preload=(), sys_path=(), **settings):
        here = str(Path(__file__).parent)
        executor = Harness(workers, preload=preload, sys_path=[here, *sys_path], **settings)
        executors.append(executor)
        executor.open()
        return executor

    yield make
    for executor in executors:
        executor.close()


@pytest.fixture(params=["fork", "spawn"])
def executor(request, make_executor, monkeypatch):
    """One worker, made in each of the two ways."""
    monkeypatch.setattr(local, "CAN_FORK", request.param == "fork")
    return make_executor()


@pytest.fixture
def watch():
    """Return a function that takes pids and returns one that says whether all of them end."""
    if not hasattr(os, "pidfd_open"):
        pytest.skip("needs Linux's pidfd_open to wait for processes that are nobody's children")
    descriptors = []

    def start(*pids):
        watched = [os.pidfd_open(pid) for pid in pids]
        descriptors.extend(watched)

        def all_ended(within=LIMIT):
            return all(select.select([descriptor], [], [], within)[0] for descriptor in watched)

        return all_ended

    yield start
    for descriptor in descriptors:
        os.close(descriptor)
