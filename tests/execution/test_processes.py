"""Processes: from whatever kind of program they are started, none stays behind."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import kdorch
from kdorch.execution import Job

HERE = Path(__file__).parent
MANY = 1100  # more than select() can wait for
ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(kdorch.__file__).parents[1])}

SCRIPT = f"""
print("the script runs", flush=True)
import sys
from kdorch.execution import Job, LocalExecutor, local
local.CAN_FORK = CAN_FORK_HERE
with LocalExecutor(1, preload=(), sys_path=[{str(HERE)!r}]) as executor:
    executor.submit(Job("job", "sample_entries:echo", {{"answer": 42}}))
    kinds = []
    while "done" not in kinds:
        events = executor.poll(20)
        assert events
        kinds += [event.kind for event in events]
print(events[-1].data["answer"], "torch" in sys.modules, __name__, flush=True)
"""

COORDINATOR = f"""
import json
from kdorch.execution import Job, LocalExecutor, local
local.CAN_FORK = CAN_FORK_HERE
executor = LocalExecutor(2, preload=(), sys_path=[{str(HERE)!r}])

def run(entry, last):
    executor.submit(Job(entry, "sample_entries:" + entry, {{}}))
    events = []
    while last not in [event.kind for event in events]:
        events += executor.poll(20)
    return {{value for event in events for key, value in event.data.items() if key in ("pid", "parent")}}

executor.open()
pids = sorted(run("hang", "report") | run("process", "done"))
try:
    print(json.dumps(pids), flush=True)
    executor.poll(600)
except KeyboardInterrupt:
    run("fail", "error")  # its worker is replaced
    print(json.dumps(sorted(run("process", "done"))), flush=True)
    executor.close()
"""


def command(way, script, folder):
    path = folder / "study_script.py"
    path.write_text(script)
    return {
        "file": [str(path)],
        "command": ["-c", script],
        "module": ["-m", "study_script"],
        "stdin": ["-"],
    }[way]


@pytest.mark.parametrize("can_fork", [True, False], ids=["fork", "spawn"])
@pytest.mark.parametrize("way", ["file", "command", "module", "stdin"])
def test_program_without_a_guard(way, can_fork, tmp_path):
    script = SCRIPT.replace("CAN_FORK_HERE", str(can_fork))
    ended = subprocess.run(
        [sys.executable, *command(way, script, tmp_path)],
        input=script if way == "stdin" else "",
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=ENVIRONMENT,
        timeout=60,
        check=False,
    )
    assert (ended.stdout, ended.stderr) == ("the script runs\n42 False __main__\n", "")


@pytest.fixture
def coordinate():
    processes = []

    def start(can_fork):
        process = subprocess.Popen(
            [sys.executable, "-c", COORDINATOR.replace("CAN_FORK_HERE", str(can_fork))],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
            start_new_session=True,
        )
        processes.append(process)
        return process, json.loads(process.stdout.readline())

    yield start
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


@pytest.mark.parametrize("can_fork", [True, False], ids=["fork", "spawn"])
def test_killed_coordinator_leaves_no_process(can_fork, coordinate, watch):
    coordinator, pids = coordinate(can_fork)
    ended = watch(*pids)
    assert len(pids) == 3  # what made the workers, an idle one, a busy one
    coordinator.kill()
    assert ended()


def test_coordinator_and_fork_server_killed_together_leave_no_process(coordinate, watch):
    coordinator, (server, *workers) = coordinate(can_fork=True)
    ended = watch(server, *workers)
    coordinator.send_signal(signal.SIGSTOP)
    os.kill(server, signal.SIGKILL)
    coordinator.kill()
    assert ended()


def test_interrupt_at_the_terminal_reaches_the_coordinator_only(coordinate):
    coordinator, (server, *_) = coordinate(can_fork=True)
    os.killpg(coordinator.pid, signal.SIGINT)
    output, errors = coordinator.communicate(timeout=60)
    assert server in json.loads(output)
    assert errors == ""


def test_close_leaves_no_process(make_executor, watch):
    executor = make_executor(workers=2)
    idle = executor.run("process")[-1].data["pid"]
    executor.submit(Job("busy", "sample_entries:hang", {}))
    started, report = executor.until("report")
    ended = watch(started.data["pid"], report.data["parent"], idle)
    executor.close()
    assert ended(within=0)


def test_close_ends_what_a_job_has_started(make_executor, watch):
    executor = make_executor()
    executor.submit(Job("job", "sample_entries:start_child", {}))
    ended = watch(executor.until("report")[-1].data["child"])
    executor.close()
    assert ended()


def test_fork_server_ends_only_after_its_workers(make_executor):
    executor = make_executor()
    server = executor.run("process")[-1].data["parent"]
    os.kill(server, signal.SIGTERM)
    executor.run("fail")  # its worker is replaced
    assert executor.run("process")[-1].data["parent"] == server


def test_fork_server_killed(make_executor, watch):
    executor = make_executor(workers=2)
    executor.submit(Job("job", "sample_entries:hang", {}))
    started, report = executor.until("report")
    ended = watch(started.data["pid"])
    os.kill(report.data["parent"], signal.SIGKILL)
    assert "forks the workers was killed by SIGKILL" in executor.until("lost")[-1].data["reason"]
    assert ended()
    assert executor.run("echo")[-1].kind == "done"


def test_a_coordinator_may_have_many_files_open(make_executor):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, MANY + 500), hard))
    with contextlib.ExitStack() as files:
        for _ in range(MANY):
            files.enter_context(Path(os.devnull).open())
        executor = make_executor()
        assert executor.run("echo")[-1].kind == "done"
        executor.run("fail")  # its worker is replaced
        assert executor.run("echo")[-1].kind == "done"
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_close_does_not_wait_for_a_preload(make_executor, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "endless.py").write_text(f"import signal; open({str(pipe)!r}, 'w'); signal.pause()")
    executor = make_executor(preload=["endless"], sys_path=[str(tmp_path)])
    with pipe.open():  # the import has begun
        executor.close()
    assert not executor.can_take()
