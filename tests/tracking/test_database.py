"""A database is made once, by one process, and is whole when it is there."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from kdorch.tracking.database import local_uri
from kdorch.tracking.mlflow_tracker import open_tracker

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:The ``noload`` loader")]

WRITER = """
import sys
from pathlib import Path
from typing import Any
from kdorch.tracking import DatasetRecord
from kdorch.tracking.mlflow_tracker import open_tracker
print("ready", flush=True)
sys.stdin.readline()
tracker = open_tracker(Path(sys.argv[1]), None)
tracker.open("digits", "note", DatasetRecord("digits", "1"), identity="1")
for trial in range(5):
    run = tracker.start("t", "trial", trial=trial, params={"a": 1}, tags={})
    tracker.log(run, curves={"loss": [1.0, 2.0]}, finals={"x": 1.0}, tags={"y": "z"})
    tracker.end({run: "complete"})
"""


def start(home: Path, script: Path) -> subprocess.Popen[str]:
    if (
        not script.exists()
    ):  # written again, it would be empty for a moment, for a process that is just reading it
        script.write_text(WRITER)
    return subprocess.Popen(
        [sys.executable, script, home],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("go\n")
    process.stdin.flush()


def finished(home: Path) -> int:
    client = MlflowClient(tracking_uri=local_uri(home))
    experiment = client.get_experiment_by_name("digits")
    return len(
        [run for run in client.search_runs([experiment.experiment_id]) if run.info.status == "FINISHED"]
    )


def test_four_processes_meet_on_a_fresh_home(tmp_path: Path) -> None:
    home = tmp_path / "home"
    writers = [start(home, tmp_path / "writer.py") for _ in range(4)]
    for writer in writers:
        assert writer.stdout
        assert writer.stdout.readline() == "ready\n"  # all have imported; the race begins now
    for writer in writers:
        go(writer)
    for writer in writers:
        writer.communicate()
    assert [writer.returncode for writer in writers] == [0, 0, 0, 0]
    assert finished(home) == 20


def test_a_process_killed_while_creating_harms_nobody(tmp_path: Path) -> None:
    home = tmp_path / "home"
    victim = start(home, tmp_path / "writer.py")
    go(victim)
    while not any(draft.stat().st_size for draft in home.glob("mlflow.db.new-*[0-9a-f]")):
        assert victim.poll() is None
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    assert not (home / "mlflow.db").exists()
    assert [*home.glob("mlflow.db.new*")]
    next_one = start(home, tmp_path / "writer.py")
    next_one.communicate("go\n")
    assert next_one.returncode == 0
    assert finished(home) == 5
    assert not [*home.glob("mlflow.db.new*")]


def test_a_database_given_by_uri_is_made_the_same_way(tmp_path: Path) -> None:
    tracker = open_tracker(tmp_path / "home", f"sqlite:///{tmp_path}/elsewhere/runs.db")
    assert tracker.artifacts == tmp_path / "home" / "artifacts"
    assert (tmp_path / "elsewhere" / "runs.db").exists()
    assert (tmp_path / "elsewhere" / "runs.db.lock").exists()
    assert not (tmp_path / "home" / "mlflow.db").exists()


def test_a_command_closes_it(finished: Any, cold_cli: Any, tmp_path: Path) -> None:
    """Else what SQLite had not yet put into it would lie beside it, forgotten by whoever copies it."""
    home = shutil.copytree(finished.home, tmp_path / "mine")
    done = cold_cli("--home", str(home), "study", "delete", "tiny", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert not list(home.glob("mlflow.db-*"))
