"""What nobody expected: one line for the user, and the rest where it can be passed on."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import kdorch as library
from kdorch.search.home import Home

LINE = re.compile(
    r"error: something went wrong inside kdorch: (?P<what>.*)\. The details are in (?P<file>\S+); "
    r"please report them, with the study if there is one\.\n"
)


def broken_journal(home: Path, tree: Callable[..., dict[str, Any]]) -> None:
    """A study whose journal holds lines that Optuna cannot read."""
    folder = Home(home).study("tiny")
    folder.write({"study": library.Study(**tree()).tree()})
    folder.journal.write_text("not what Optuna wrote\nnor is this\n")


def test_the_details_are_kept_in_the_project_directory(kdorch: Any, tree: Any, tmp_path: Path) -> None:
    broken_journal(tmp_path / "home", tree)
    answer = kdorch("--home", "home", "study", "show", "tiny")
    assert (answer.code, answer.output) == (70, "")
    told = LINE.fullmatch(answer.errors)
    assert told, answer.errors
    assert told["what"].startswith("JSONDecodeError: ")
    file = tmp_path / told["file"]
    assert file.parent == tmp_path / "home"
    command, versions, _, traceback = file.read_text().split("\n", 3)
    assert command == "kdorch --home home study show tiny"
    assert versions.startswith("kdorch 0.")
    assert traceback.startswith("Traceback (most recent call last):")
    assert "optuna" in traceback


def fail() -> None:
    raise LookupError("no such thing.\n  Look elsewhere.")


def test_without_a_project_directory_they_are_kept_aside(
    kdorch: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("kdorch.discovery.installed", fail)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    told = LINE.fullmatch(kdorch("plugins", "list").errors)
    assert told
    assert told["what"] == "LookupError: no such thing. Look elsewhere"
    assert Path(told["file"]).parent == tmp_path
    assert not (tmp_path / ".kdorch").exists()


def test_where_nothing_can_be_written_they_are_shown(
    kdorch: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("kdorch.discovery.installed", fail)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    answer = kdorch("plugins", "list")
    assert answer.code == 70
    assert answer.errors.startswith("error: something went wrong inside kdorch: LookupError: no such thing.")
    assert "Traceback (most recent call last):" in answer.errors
