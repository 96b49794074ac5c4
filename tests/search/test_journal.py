"""What a killed process or a full disk leaves behind in Optuna's journal."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from optuna.study import StudyDirection

from kdorch.errors import StoreError
from kdorch.search.journal import open_journal
from kdorch.search.record import Record

DIE_WITH_THE_LOCK = """
import os, signal, sys
from pathlib import Path
import pytest

from kdorch.errors import StoreError
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


def test_a_last_record_that_is_cut_at_any_byte_is_dropped_and_written_again(tmp_path: Path) -> None:
    path = tmp_path / "optuna.journal"
    record = Record(open_journal(path), "search", ["max"])
    record.tell(record.ask().number, [0.5])
    whole = path.read_bytes()
    told = whole.rfind(b"\n", 0, -1) + 1  # where the last record begins
    for cut in range(told + 1, len(whole)):
        path.write_bytes(whole[:cut])
        again = Record(open_journal(path), "search", ["max"])
        assert path.read_bytes() == whole[:told]
        [kept] = tmp_path.glob("optuna.journal.backup-*")
        assert kept.read_bytes() == whole[:cut]
        kept.unlink()
        again.tell(0, [0.5])
        assert Record(open_journal(path), "search", ["max"]).complete()[0].values == [0.5]


def test_a_journal_that_was_torn_at_its_first_line_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "optuna.journal"
    path.write_bytes(b'{"op_code":0,"wor')
    assert Record(open_journal(path), "search", ["max"]).trials() == []


def test_what_is_written_together_is_read_at_once_and_brought_to_disk_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "optuna.journal"
    record = Record(open_journal(path), "search", ["max"])
    before, synced = path.read_bytes(), []
    monkeypatch.setattr(os, "fsync", synced.append)
    with record.together():
        trial = record.ask()
        trial.suggest_float("lr", 0, 1)
        record.annotate(trial.number, "plan", {"number": 1})
        assert record.trials()[0].params == trial.params
        assert (path.read_bytes(), synced) == (before, [])
    assert len(synced) == 1
    again = Record(open_journal(path), "search", ["max"])
    assert (again.trials()[0].params, again.plans()) == (trial.params, [{"number": 1}])
    record.tell(0, [0.5])
    assert again.complete()[0].values == [0.5]


def test_what_was_written_is_on_disk_even_if_the_rest_fails(tmp_path: Path) -> None:
    record = Record(open_journal(tmp_path / "optuna.journal"), "search", ["max"])
    with contextlib.suppress(KeyboardInterrupt), record.together():
        record.enqueue({"number": 1})
        raise KeyboardInterrupt
    again = Record(open_journal(tmp_path / "optuna.journal"), "search", ["max"])
    assert again.waiting == record.waiting == 1


def test_who_is_not_alone_is_told(tmp_path: Path) -> None:
    one, other = (Record(open_journal(tmp_path / "optuna.journal"), "search", ["max"]) for _ in range(2))
    with contextlib.ExitStack() as held:
        held.enter_context(one.together())
        one.enqueue({"number": 1})
        other.enqueue({"number": 2})
        with pytest.raises(StoreError, match=r"optuna\.journal: another process has written to it"):
            held.close()


def test_to_open_a_journal_writes_nothing(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "nowhere" / "optuna.journal")
    assert journal.get_all_studies() == []
    assert list(tmp_path.iterdir()) == []


def test_a_cleared_journal_begins_anew(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "optuna.journal")
    Record(journal, "search", ["max"]).enqueue({"number": 1})
    journal.clear()
    again = Record(journal, "search", ["max", "min"])
    assert (again.trials(), len(again.study.directions)) == ([], 2)


def test_what_is_told_together_is_on_disk_while_others_are_still_asked_for_together(tmp_path: Path) -> None:
    record = Record(open_journal(tmp_path / "optuna.journal"), "search", ["max"])
    first = record.ask()
    with record.together():
        record.ask()
        with record.together():
            record.tell(first.number, [0.5])
        again = Record(open_journal(tmp_path / "optuna.journal"), "search", ["max"])
        assert [trial.number for trial in again.complete()] == [0]


def test_a_disk_that_takes_half_a_line_has_none_of_it(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "journal")
    study = journal.create_new_study([StudyDirection.MAXIMIZE], "search")
    file = tmp_path / "journal"
    before, (soft, hard) = file.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 20, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            journal.set_study_user_attr(study, "key", "value")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert file.read_bytes() == before
    journal.set_study_user_attr(study, "other", "value")
    assert open_journal(file).get_study_user_attrs(study) == {"key": "value", "other": "value"}
