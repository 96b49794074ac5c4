"""What every job can rely on, whichever way its worker was made."""

from __future__ import annotations

import os
import signal

import pytest

from kdorch.errors import ExecutionError
from kdorch.execution import Job


def kinds(events):
    return [event.kind for event in events]


def test_result_arrives(executor):
    events = executor.run("echo", {"width": 16, "loss": float("inf"), "name": "größe"})
    assert kinds(events) == ["started", "done"]
    assert events[-1].data == {"width": 16, "loss": float("inf"), "name": "größe"}
    assert events[-1].job.id == "job"


def test_reports_arrive_in_order(executor):
    events = executor.run("count", {"steps": 300})
    assert [event.data["step"] for event in events if event.kind == "report"] == list(range(300))
    assert kinds(events)[-1] == "done"


@pytest.mark.parametrize("ending", ["done", "error"])
def test_the_end_of_a_job_says_where_its_time_went(executor, ending):
    events = executor.run("take_time", {"fail": ending == "error"})
    assert kinds(events) == ["started", ending]
    assert events[0].seconds == {}
    spent = events[-1].seconds
    assert set(spent) == {"counting", "other"}
    assert spent["counting"] > spent["other"] > 0
    assert executor.run("echo")[-1].seconds.keys() == {"other"}


def test_worker_is_kept_between_jobs(executor):
    first, second = (executor.run("process")[-1].data["pid"] for _ in range(2))
    assert first == second != os.getpid()


def test_exception_arrives_and_worker_is_replaced(executor):
    before = executor.run("process")[-1].data["pid"]
    event = executor.run("fail")[-1]
    assert (event.kind, event.data["type"], event.data["message"]) == (
        "error",
        "LookupError",
        "no such teacher",
    )
    assert "sample_entries.py" in event.data["traceback"]
    assert executor.run("process")[-1].data["pid"] != before


@pytest.mark.parametrize(
    ("entry", "reason"),
    [("kill_itself", "killed by SIGKILL"), ("count", "exited with code 7")],
)
def test_crash_loses_the_job_only(executor, entry, reason):
    events = executor.run(entry, {"steps": 200, "leave": True})
    assert kinds(events).count("lost") == 1
    assert reason in events[-1].data["reason"]
    assert kinds(events).count("report") == (200 if entry == "count" else 0)
    assert executor.run("echo", {"next": 1})[-1].data == {"next": 1}


def test_deadline(executor, watch):
    pid = executor.run("process")[-1].data["pid"]
    ended = watch(pid)
    events = executor.run("hang", timeout=0.2)
    assert kinds(events)[-1] == "lost"
    assert "exceeded its deadline of 0.2 s" in events[-1].data["reason"]
    assert ended()
    assert executor.run("echo")[-1].kind == "done"


def test_interrupts_are_ignored(executor):
    assert executor.run("interrupt_itself")[-1].data == {"survived": True}


def test_close_ends_a_busy_worker(executor, watch):
    executor.submit(Job("job", "sample_entries:hang", {}))
    ended = watch(executor.until("report")[0].data["pid"])
    executor.close()
    assert ended(within=0)
    executor.close()


def test_death_after_done_is_not_told(make_executor):
    executor = make_executor()
    events = executor.run("die_after_done")
    events += executor.run("process")
    assert kinds(events) == ["started", "done", "started", "done"]
    assert events[0].data["pid"] != events[-1].data["pid"]


def test_two_jobs_run_at_the_same_time(make_executor, tmp_path):
    executor = make_executor(workers=2)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for first in (True, False):
        executor.submit(
            Job(str(first), "sample_entries:meet", {"pipes": [str(pipe)], "first": first}, timeout=15)
        )
    assert not executor.can_take()
    assert kinds(executor.until("done", "lost", count=2)).count("done") == 2


def test_killed_worker_loses_its_own_job_only(make_executor, tmp_path):
    executor = make_executor(workers=2)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    executor.submit(Job("victim", "sample_entries:hang", {}))
    executor.submit(Job("survivor", "sample_entries:meet", {"pipes": [str(pipe)], "first": True}))
    started = [event for event in executor.until("started", count=2) if event.kind == "started"]
    pids = {event.job.id: event.data["pid"] for event in started}
    os.kill(pids["victim"], signal.SIGKILL)
    lost = executor.until("lost")[-1]
    assert lost.job.id == "victim"
    with pipe.open():  # only now can the survivor end
        pass
    assert executor.until("done")[-1].job.id == "survivor"


def test_worker_killed_while_idle_is_replaced(make_executor, watch):
    executor = make_executor()
    pid = executor.run("process")[-1].data["pid"]
    ended = watch(pid)
    os.kill(pid, signal.SIGKILL)
    assert ended()
    events = executor.run("process")
    assert kinds(events) == ["started", "done"]
    assert events[-1].data["pid"] != pid


def test_worker_that_lost_its_connection_is_ended(make_executor):
    executor = make_executor()
    assert executor.run("close_connection")[-1].kind == "lost"
    assert executor.run("echo")[-1].kind == "done"


def test_children_of_a_job_end_with_it(make_executor, watch):
    executor = make_executor()
    executor.submit(Job("job", "sample_entries:start_child", {}))
    started, report = executor.until("report")
    ended = watch(report.data["child"])
    os.kill(started.data["pid"], signal.SIGKILL)
    executor.until("lost")
    assert ended()


def test_sys_exit_in_a_job_is_an_error(make_executor):
    event = make_executor().run("system_exit")[-1]
    assert (event.kind, event.data["type"]) == ("error", "SystemExit")


@pytest.mark.parametrize(("entry", "what"), [("not_json", "not JSON"), ("absent", "no attribute 'absent'")])
def test_mistake_in_an_entry_is_an_error(make_executor, entry, what):
    event = make_executor().run(entry)[-1]
    assert event.kind == "error"
    assert what in event.data["message"]


def test_output_reaches_the_log_only(make_executor, tmp_path, capfd):
    executor = make_executor(log_dir=tmp_path / "logs")
    executor.run("print_much")
    executor.close()
    written = (tmp_path / "logs" / "worker-1.log").read_text()
    assert "x" * 100_000 in written
    assert "also here" in written
    assert "and past Python" in written
    assert capfd.readouterr() == ("", "")


def test_lost_tells_the_end_of_the_log(make_executor, tmp_path, monkeypatch):
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    event = make_executor(log_dir=tmp_path).run("kill_itself")[-1]
    assert "SIGKILL" in event.data["reason"]
    assert "about to step on a mine" in event.data["reason"]


CHANGES = {
    "change_directory": "the current directory",
    "take_interrupts": "the handlers of signals",
    "leave_child": "the processes that run",
    "leave_thread": "the threads that run",
    "change_variable": "the environment",
    "close_stdout": "the standard streams",
    "replace_stdout": "the standard streams",
}


@pytest.mark.parametrize("entry", CHANGES)
def test_worker_left_changed_is_replaced(make_executor, tmp_path, entry, caplog):
    executor = make_executor()
    event = executor.run(entry, {"to": str(tmp_path)})[-1]
    assert event.kind == "done"
    assert executor.run("process")[-1].data["pid"] != event.data["pid"]
    assert f"changed {CHANGES[entry]}; its worker is replaced" in caplog.text


def test_what_is_put_back_or_hurts_nobody_keeps_the_worker(make_executor, caplog):
    executor = make_executor()
    pids = [executor.run(entry)[-1].data["pid"] for entry in ("add_variable", "warn")]
    assert pids[0] == pids[1]
    assert not caplog.messages


def test_threads_reach_the_libraries(make_executor):
    assert make_executor(threads=2).run("process")[-1].data["omp"] == "2"


@pytest.mark.parametrize(("theirs", "wanted"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_threads_sleep_while_they_wait_unless_told_otherwise(make_executor, monkeypatch, theirs, wanted):
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    if theirs:
        monkeypatch.setenv("OMP_WAIT_POLICY", theirs)
    assert make_executor().run("process")[-1].data["waiting"] == wanted


def test_large_messages_pass(make_executor):
    spec = {"text": "y" * 3_000_000}
    assert make_executor().run("echo", spec)[-1].data == spec


@pytest.mark.parametrize(
    ("job", "message"),
    [
        (Job("a", "sample_entries:echo", {"model": object()}), "not JSON"),
        (Job("a", "sample_entries", {}), "not of the form"),
        (Job("a", "__main__:train", {}), "module of its own"),
    ],
)
def test_malformed_job_is_refused(make_executor, job, message):
    executor = make_executor()
    with pytest.raises(ExecutionError, match=message):
        executor.submit(job)
    assert executor.can_take()


def test_job_without_room_is_refused(make_executor):
    executor = make_executor(workers=2)
    executor.submit(Job("a", "sample_entries:hang", {}))
    with pytest.raises(ExecutionError, match="still running"):
        executor.submit(Job("a", "sample_entries:hang", {}))
    executor.submit(Job("b", "sample_entries:hang", {}))
    with pytest.raises(ExecutionError, match="all its workers"):
        executor.submit(Job("c", "sample_entries:hang", {}))


def test_closed_executor_can_be_opened_again(make_executor):
    executor = make_executor()
    executor.run("echo")
    executor.close()
    assert not executor.can_take()
    with pytest.raises(ExecutionError, match="closed"):
        executor.poll(0)
    executor.open()
    assert executor.run("echo", {"again": 1})[-1].data == {"again": 1}


def test_poll_waits_no_longer_than_told(make_executor):
    executor = make_executor()
    executor.run("echo")
    assert executor.poll(0) == []
    assert executor.poll(0.05) == []
