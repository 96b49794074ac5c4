"""What stands in the way of a study is found, and what to do about it is said."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from kdorch.api.doctor.studies import studies
from kdorch.search.home import Folder, Home
from kdorch.search.journal import open_journal
from kdorch.search.record import Record
from kdorch.shipping.intent import claim
from kdorch.study import Study

Begin = Callable[..., Folder]


@pytest.fixture
def folder(tree: Callable[..., dict[str, Any]], tmp_path: Path) -> Folder:
    """A study that waits for its first trial."""
    folder = Home(tmp_path / ".kdorch").study("tiny")
    folder.write({"study": Study(**tree()).tree()})
    Record(open_journal(folder.journal), "search", ["max", "min"]).enqueue({"number": 1})
    return folder


def findings(kdorch: Any) -> tuple[int, list[dict[str, str]]]:
    answer = kdorch("doctor", "--json")
    assert answer.errors == ""
    return answer.code, [found for found in json.loads(answer.output)["findings"] if found["mark"] != "ok"]


def test_a_fresh_directory_is_fine_and_nothing_is_made(kdorch: Any, tmp_path: Path) -> None:
    answer = kdorch("doctor")
    assert (answer.code, answer.errors) == (0, "")
    for told in (
        "versions: kdorch 0.",
        "torch",
        "cores",
        ".kdorch is not there yet",
        "loss, ",
        "not set: runs",
    ):
        assert told in answer.output
    assert answer.output.endswith("Next: kdorch study list\n")
    assert list(tmp_path.iterdir()) == []


def test_a_torn_journal_is_mended_and_a_copy_kept(folder: Folder, kdorch: Any) -> None:
    whole = folder.journal.read_bytes()
    torn = whole + b'{"op_code":4,"worker_id"'
    folder.journal.write_bytes(torn)
    code, [found] = findings(kdorch)
    assert (code, found["mark"], found["area"]) == (0, "warn", "study tiny")
    assert "was cut short" in found["what"]
    assert folder.journal.read_bytes() == whole
    [kept] = folder.path.glob("optuna.journal.backup-*")
    assert kept.read_bytes() == torn
    assert kept.name in found["what"]
    assert findings(kdorch) == (0, [])


def test_a_journal_is_mended_wherever_its_last_record_was_cut(folder: Folder) -> None:
    whole = folder.journal.read_bytes()
    last = whole.rfind(b"\n", 0, -1) + 1
    for cut in range(last + 1, len(whole)):
        folder.journal.write_bytes(whole[:cut])
        found = list(studies(Home(folder.path.parents[1]), None))
        assert [each.mark for each in found] == ["warn", "ok"]
        assert folder.journal.read_bytes() == whole[:last]
        [kept] = folder.path.glob("optuna.journal.backup-*")
        assert kept.name in found[0].what
        assert kept.read_bytes() == whole[:cut]
        kept.unlink()


def test_a_journal_that_is_being_written_is_left_alone(folder: Folder, kdorch: Any) -> None:
    with folder.claim():
        code, found = findings(kdorch)
    assert (code, found) == (0, [])


def test_a_journal_that_cannot_be_read_fails(folder: Folder, kdorch: Any) -> None:
    lines = folder.journal.read_bytes().splitlines(keepends=True)
    folder.journal.write_bytes(b"".join([lines[0], b"nothing\n", *lines[1:]]))
    code, [found] = findings(kdorch)
    assert (code, found["mark"]) == (1, "fail")
    assert f"line 2 of {folder.journal.relative_to(Path.cwd())} cannot be read" in found["what"]
    os.system(found["todo"].partition(": ")[2])
    assert findings(kdorch) == (0, [])


def test_a_broken_record_fails(folder: Folder, kdorch: Any) -> None:
    (folder.path / "study.json").write_text("{")
    code, [found] = findings(kdorch)
    assert (code, found["mark"]) == (1, "fail")
    assert "study.json is broken" in found["what"]
    assert "fail  study tiny: " in kdorch("doctor").output


def test_a_killed_run_is_told(folder: Folder, kdorch: Any) -> None:
    (folder.path / "holder").write_text("process 1 on earth")
    code, [found] = findings(kdorch)
    assert (code, found["mark"]) == (0, "warn")
    assert found["what"] == "it was run by process 1 on earth, which was killed"


def test_a_killed_promotion_is_told_unless_it_goes_on(folder: Folder, kdorch: Any) -> None:
    intent = {"mark": "1", "run_id": "2", "model": "toy", "alias": None}
    with claim(folder.path.parents[1] / "promotions", "here", "toy") as note:
        note.write_text(json.dumps(intent))
        assert findings(kdorch) == (0, [])
    code, [found] = findings(kdorch)
    assert (code, found["what"]) == (0, "a promotion as 'toy' was killed")


def test_what_was_left_half_made_is_told_unless_somebody_makes_it(kdorch: Any, tmp_path: Path) -> None:
    partial = tmp_path / ".kdorch" / "store" / "data" / "abc.partial"
    partial.mkdir(parents=True)
    with FileLock(partial.with_suffix(".lock")):
        assert findings(kdorch) == (0, [])
    code, [found] = findings(kdorch)
    assert (code, found["todo"]) == (0, "Remove it: rm -r .kdorch/store/data/abc.partial")
    os.system(found["todo"].partition(": ")[2])
    assert findings(kdorch) == (0, [])


def test_a_database_that_is_none_fails(kdorch: Any, tmp_path: Path) -> None:
    home = tmp_path / ".kdorch"
    home.mkdir()
    (home / "mlflow.db").write_text("this is no database, but long enough to be read as one" * 100)
    code, [found] = findings(kdorch)
    assert (code, found["mark"], found["area"]) == (1, "fail", "mlflow")


def test_a_server_that_does_not_answer_fails(kdorch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:secret@127.0.0.1:9")
    code, [found] = findings(kdorch)
    assert (code, found["mark"], found["area"]) == (1, "fail", "MLFLOW_TRACKING_URI")
    assert "secret" not in found["what"]


@pytest.mark.slow
def test_optuna_and_mlflow_are_compared(finished: Any, kdorch: Any, tmp_path: Path) -> None:
    from mlflow import MlflowClient

    home = Path(shutil.copytree(finished.home, tmp_path / ".kdorch"))
    answer = kdorch("doctor")
    assert (answer.code, answer.errors) == (0, "")
    assert "14 complete trials, 14 finished runs in MLflow" in answer.output
    client = MlflowClient(f"sqlite:///{home}/mlflow.db")
    [run] = client.search_runs(["1"], "tags.`kdorch.trial` = '0' AND tags.`kdorch.kind` = 'trial'")
    client.delete_run(run.info.run_id)
    code, [found] = findings(kdorch)
    assert (code, found["mark"]) == (0, "warn")
    assert found["what"] == "14 complete trials, but 13 finished runs in MLflow"


@pytest.mark.slow
def test_a_run_says_so_too_when_it_mends_a_journal(finished: Any, cli: Any, tmp_path: Path) -> None:
    home = Path(shutil.copytree(finished.home, tmp_path / "home"))
    folder = Home(home).study("tiny")
    with folder.journal.open("ab") as file:
        file.write(b'{"op_code":4,"wor')
    done = cli("--home", str(home), "study", "run", str(finished.file))
    assert (done.returncode, done.stderr) == (0, "")
    [kept] = folder.path.glob("optuna.journal.backup-*")
    assert done.stdout.startswith(f"the journal's last line was cut short: dropped, a copy is {kept.name}\n")
