"""With torch preloaded, as a search has it."""

from __future__ import annotations

import os
import signal
import time

import pytest

from kdorch.execution import Job
from kdorch.execution.local import PRELOAD

pytestmark = pytest.mark.slow


def test_replaced_worker_is_ready_at_once(make_executor):
    began = time.monotonic()
    executor = make_executor(preload=PRELOAD, threads=2)
    assert time.monotonic() - began < 0.3  # the imports go on in the background
    first = executor.run("train")[-1].data
    assert first["threads"] == 2
    assert first["server_tasks"] == 1  # no thread is in the process that forks
    executor.submit(Job("hanging", "sample_entries:hang", {}))
    hanging = executor.until("report")[0].data["pid"]
    began = time.monotonic()
    os.kill(hanging, signal.SIGKILL)
    executor.until("lost")
    second = executor.run("train")[-1].data
    assert time.monotonic() - began < 0.5
    assert second["pid"] != first["pid"]


def test_a_worker_that_died_is_replaced_within_a_fifth_of_a_second(make_executor):
    executor, seconds = make_executor(preload=PRELOAD), []
    executor.run("echo")
    for _ in range(5):
        began = time.monotonic()
        executor.run("kill_itself")
        executor.submit(Job("next", "sample_entries:echo", {}))
        executor.until("done")
        seconds.append(time.monotonic() - began)
    assert min(seconds) <= 0.2  # the others, if this machine has something else to do


def test_a_job_may_have_threads_of_its_own_and_the_next_one_has_not(make_executor, caplog):
    executor = make_executor(preload=PRELOAD)
    first, second, third = (executor.run("train", threads=count)[-1].data for count in (2, None, 2))
    assert [found["threads"] for found in (first, second, third)] == [2, 1, 2]
    assert first["pid"] == second["pid"] == third["pid"]
    assert not caplog.messages
    changed = executor.run("change_torch", {"what": "threads"}, threads=2)[-1].data
    assert executor.run("train")[-1].data["pid"] != changed["pid"]


def test_worker_with_torch_left_changed_is_replaced(make_executor, caplog):
    executor = make_executor(preload=PRELOAD)
    for what in ("dtype", "threads", "deterministic", "grad"):
        changed = executor.run("change_torch", {"what": what})[-1].data
        following = executor.run("train")[-1].data
        assert following["pid"] != changed["pid"], what
        assert following["threads"] == 1
        assert what in caplog.messages[-1]
    assert executor.run("train")[-1].data["pid"] == following["pid"]


def test_torch_that_only_the_job_imports(make_executor):
    executor = make_executor(threads=2)
    first = executor.run("train")[-1].data
    assert first["threads"] == 2
    assert executor.run("train")[-1].data["pid"] == first["pid"]
    executor.run("change_torch", {"what": "dtype"})
    assert executor.run("train")[-1].data["pid"] != first["pid"]
