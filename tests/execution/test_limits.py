"""What no job may do to the machine: fill its memory or its disk, or leave processes behind."""

from __future__ import annotations

import mmap
import os
import platform
import signal
import subprocess
import sys
import time

import pytest

from kdorch.execution import Job, logs, memory
from kdorch.execution.logs import DEAD, LONGEST, trim

MEGABYTE = 1_000_000
LIMIT = 20  # seconds after which a test gives up

WAYS = ["fork", pytest.param("spawn", marks=pytest.mark.slow)]


@pytest.fixture
def small():
    """A process that uses hardly any memory."""
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process.pid
        process.kill()


@pytest.mark.parametrize("way", WAYS)
def test_a_worker_that_uses_too_much_is_ended_and_replaced(make_executor, monkeypatch, tmp_path, way):
    monkeypatch.setattr("kdorch.execution.local.CAN_FORK", way == "fork")
    executor = make_executor(memory=400 * MEGABYTE)
    mark = {"mark": str(tmp_path / "mark")}
    lost = executor.run("hoard_once", mark)[-1]
    assert (lost.kind, lost.data["limit"]) == ("lost", "memory")
    assert "MB of memory, and may use 400.0 MB" in lost.data["reason"]
    assert executor.run("hoard_once", mark)[-1].kind == "done"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators have other ways")
def test_memory_that_is_freed_is_at_hand_for_the_next_step(make_executor, monkeypatch, way):
    monkeypatch.setattr("kdorch.execution.local.CAN_FORK", way == "fork")
    done = make_executor().run("take_and_give_back")[-1]
    assert done.data["faults"] < 100  # of the 20,000 pages


def test_memory_counts_where_it_is_a_processs_own(tmp_path):
    file = tmp_path / "mapped"
    file.write_bytes(bytes(50 * MEGABYTE))
    before = memory.used(os.getpid())
    with file.open() as stream, mmap.mmap(stream.fileno(), 0, prot=mmap.PROT_READ) as mapped:
        assert mapped.find(b"1") == -1  # all of it is read
        assert memory.used(os.getpid()) - before < 10 * MEGABYTE
    held = bytearray(b"1" * 50 * MEGABYTE)
    assert memory.used(os.getpid()) - before > 0.9 * len(held)


def test_of_all_workers_together_the_largest_is_ended(monkeypatch, small):
    pids = {1: small, 2: os.getpid()}
    monkeypatch.setattr(memory, "machine", lambda: 2 * memory.used(os.getpid()))
    assert memory.excess(pids, None) is None
    monkeypatch.setattr(memory, "machine", lambda: memory.used(os.getpid()))
    number, reason = memory.excess(pids, None)
    assert number == 2
    assert "all workers together" in reason
    assert memory.excess(pids, memory.used(os.getpid()) + 50 * MEGABYTE) is None  # each may use so much
    assert memory.excess({}, None) is memory.excess({}, 1) is None


def test_a_container_may_have_less_than_the_machine(monkeypatch, tmp_path):
    whole = memory.machine.__wrapped__
    file = tmp_path / "memory.max"
    monkeypatch.setattr(memory, "_CGROUPS", (str(file), str(tmp_path / "absent")))
    plain = whole()
    for text, found in (("max\n", plain), ("1000000\n", MEGABYTE), (f"{2**63}\n", plain)):
        file.write_text(text)
        assert whole() == found


@pytest.mark.parametrize("leave", [False, True])
@pytest.mark.parametrize("way", WAYS)
def test_a_job_that_prints_much_leaves_the_beginning_and_the_end(
    make_executor, monkeypatch, tmp_path, way, leave
):
    monkeypatch.setattr("kdorch.execution.local.CAN_FORK", way == "fork")
    executor = make_executor(log_dir=tmp_path)
    ended = executor.run("flood", {"megabytes": 20, "leave": leave})[-1]
    assert ended.kind == ("lost" if leave else "done")
    executor.run("kill_itself")  # until its exit is told, nobody else looks at the log
    log = tmp_path / "worker-1.log"
    text = log.read_bytes()
    assert len(text) <= LONGEST
    assert text.startswith(b"the beginning\nxxx")
    assert b"[...]" in text
    assert b"the end\n" in text


def test_a_log_is_cut_while_its_job_goes_on(make_executor, tmp_path):
    executor = make_executor(log_dir=tmp_path)
    executor.submit(Job("job", "sample_entries:flood", {"megabytes": 5, "stay": True}))
    executor.until("report")
    end = time.monotonic() + LIMIT
    while (tmp_path / "worker-1.log").stat().st_size > LONGEST:
        assert time.monotonic() < end
        assert executor.poll(0.01) == []


@pytest.mark.skipif(not hasattr(os, "waitid"), reason="the writer cannot be held here")
def test_of_what_is_printed_while_a_log_is_cut_nothing_is_lost(tmp_path, monkeypatch):
    monkeypatch.setattr(logs, "_KEPT", 4_000)
    monkeypatch.setattr(logs, "LONGEST", 20_000)
    log = tmp_path / "log"
    counting = "n = 0\nwhile True: n += 1; print(f'{n:010}', flush=True)"
    with log.open("ab") as out, subprocess.Popen([sys.executable, "-c", counting], stdout=out) as writer:
        for _ in range(200):
            while log.stat().st_size < 30_000:
                pass
            logs.trim(log, writer.pid)
        writer.kill()
    _, *numbers = log.read_bytes()[4_000:].replace(logs._CUT, b"").split()
    assert list(map(int, numbers)) == list(range(int(numbers[0]), int(numbers[-1]) + 1))


def test_a_short_log_stays_as_it_is(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"x" * LONGEST)
    trim(log)
    assert log.read_bytes() == b"x" * LONGEST
    trim(tmp_path / "absent")
    trim(None)


def test_logs_of_the_long_dead_are_removed(make_executor, tmp_path, monkeypatch):
    monkeypatch.setattr("kdorch.execution.local.DEAD", 2)
    executor = make_executor(log_dir=tmp_path)
    for _ in range(4):
        executor.run("fail")
    executor.run("echo")
    assert {log.name for log in tmp_path.iterdir()} == {f"worker-{number}.log" for number in (3, 4, 5)}
    assert DEAD >= 10


def test_what_left_its_worker_and_its_group_ends_with_the_worker(make_executor, watch):
    executor = make_executor()
    executor.submit(Job("job", "sample_entries:start_orphan", {"stay": True}))
    started, report = executor.until("report")
    ended = watch(report.data["child"])
    os.kill(started.data["pid"], signal.SIGKILL)
    executor.until("lost")
    assert ended()


def test_what_left_its_worker_and_its_group_ends_with_the_executor(make_executor, watch):
    executor = make_executor()
    events = executor.run("start_orphan")
    [child] = [event.data["child"] for event in events if event.kind == "report"]
    ended = watch(child)
    executor.close()
    assert ended()


def test_a_job_that_writes_into_its_connection_is_lost(make_executor):
    executor = make_executor()
    assert executor.run("babble", timeout=20)[-1].data["reason"] == "the worker was killed by SIGKILL"
    assert executor.run("echo")[-1].kind == "done"
