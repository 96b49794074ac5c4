"""What a killed process or a full disk leaves behind in Optuna's journal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from kdorch.search.journal import open_journal
from kdorch.search.record import Record

DIE_WITH_THE_LOCK = """
import os, signal, sys
from pathlib import Path
from kdorch.search.journal import open_journal
from kdorch.search.record import Record
record = Record(open_journal(Path("optuna.journal")), "search", ["max"])
os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
record.enqueue({"number": 1})
"""


def test_a_lock_dies_with_its_process(tmp_path: Path) -> None:
    # The path is relative, as in the default project directory: Optuna's own lock would then hang for ever.
    command = [sys.executable, "-c", DIE_WITH_THE_LOCK]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    died = subprocess.run(command, cwd=tmp_path, env=environment, check=False)
    assert died.returncode == -9
    record = Record(open_journal(tmp_path / "optuna.journal"), "search", ["max"])
    record.enqueue({"number": 2})
    assert [plan["number"] for plan in record.plans()] == [1, 2]


def test_a_torn_last_line_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "optuna.journal"
    Record(open_journal(path), "search", ["max"]).enqueue({"number": 1})
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"op_code":4,"worker_id"')
    record = Record(open_journal(path), "search", ["max"])
    assert path.read_bytes() == whole
    [kept] = tmp_path.glob("optuna.journal.backup-*")
    assert kept.read_bytes() == whole + b'{"op_code":4,"worker_id"'
    record.enqueue({"number": 2})
    again = Record(open_journal(path), "search", ["max"])
    assert [plan["number"] for plan in again.plans()] == [1, 2]


def test_a_journal_that_was_torn_at_its_first_line_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "optuna.journal"
    path.write_bytes(b'{"op_code":0,"wor')
    assert Record(open_journal(path), "search", ["max"]).trials() == []
