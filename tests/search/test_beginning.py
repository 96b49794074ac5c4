"""What is written down about a study before anything is done for it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kdorch.errors import StudyError, TrackingError
from kdorch.search.beginning import begin
from kdorch.search.frames import open_trials
from kdorch.search.home import Folder
from kdorch.search.journal import open_journal
from kdorch.study import Study


@pytest.fixture
def start(tmp_path: Path, tree: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def make(uri: str | None = None, folders: tuple[str, ...] = (), **sections: Any) -> dict[str, Any]:
        study = Study(**tree(**sections))
        folder = Folder(tmp_path / "tiny")
        return begin(study, folder, open_journal(folder.journal), uri=uri, folders=folders, trials=2)

    return make


def trials(tmp_path: Path, tree: Callable[..., dict[str, Any]]) -> Any:
    return open_trials(open_journal(Folder(tmp_path / "tiny").journal), Study(**tree()))


def test_a_study_keeps_its_identity(start: Any, tmp_path: Path) -> None:
    first = start()
    assert Folder(tmp_path / "tiny").read() == first
    assert start(seed=7)["identity"] == first["identity"]
    assert start(seed=7)["study"]["seed"] == 7


def test_with_a_result_nothing_may_change_that_matters(start: Any, tmp_path: Path, tree: Any) -> None:
    start()
    record = trials(tmp_path, tree)
    record.ask()
    record.tell(0, [0.5, 100])
    with pytest.raises(StudyError, match="seed"):
        start(seed=7)
    with pytest.raises(TrackingError, match="tracked in the project directory"):
        start(uri="sqlite:///elsewhere.db")
    assert start(search={"trials": 9})["study"]["search"]["trials"] == 9


@pytest.mark.parametrize(("failed", "changed", "kept"), [(1, False, 1), (2, False, 0), (1, True, 0)])
def test_without_a_result_trials_are_forgotten_when_all_is_tried_or_the_study_changed(
    failed: int, changed: bool, kept: int, start: Any, tmp_path: Path, tree: Any
) -> None:
    start()
    record = trials(tmp_path, tree)
    for number in range(failed):
        record.ask()
        record.fail(number, "diverged")
    start(**({"seed": 7} if changed else {}))
    assert trials(tmp_path, tree).counted == kept


def test_the_commit_is_of_where_the_study_is(start: Any, tmp_path: Path) -> None:
    def git(*words: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@b.c")
        words = ("git", "-C", str(tmp_path), *who, *words)
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()

    assert start(folders=(str(tmp_path),))["commit"] is None
    git("init", "-q")
    (tmp_path / "tiny" / "study.json").unlink()
    (tmp_path / "net.py").write_text("a = 1")
    git("add", "net.py")
    git("commit", "-qm", "first")
    assert start(folders=(str(tmp_path),))["commit"] == git("rev-parse", "HEAD")
    (tmp_path / "tiny" / "study.json").unlink()
    (tmp_path / "net.py").write_text("a = 2")
    assert start(folders=(str(tmp_path),))["commit"] == git("rev-parse", "HEAD") + "-dirty"
