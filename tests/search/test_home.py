"""The project directory: one process holds a study, and what is known of it is whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kdorch.errors import BusyError, ChoiceError, StoreError
from kdorch.search.home import Folder, Home

HOLD = """
import sys
from pathlib import Path
from kdorch.search.home import Folder
with Folder(Path(sys.argv[1])).claim():
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Home(tmp_path / "home").study("tiny")


def test_a_second_process_is_told_who_holds_the_study(folder: Folder) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", HOLD, str(folder.path)]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(
            BusyError, match=rf"'tiny' is being run by process {other.pid} on \S+ since 20\S+ \S+ \S+\. Wait"
        ):
            folder.claim().__enter__()
        other.kill()
        other.wait()
    with folder.claim():  # the system let go of it
        pass


def test_what_fails_inside_is_not_blamed_on_the_directory(folder: Folder) -> None:
    with pytest.raises(PermissionError, match="of something else"), folder.claim():
        raise PermissionError("of something else")
    with folder.claim():
        pass


def test_a_directory_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(
        StoreError, match=r"cannot be written: .*Choose another project directory with --home"
    ):
        Home(tmp_path / "home").study("tiny").claim().__enter__()


def test_what_is_known_is_replaced_whole(folder: Folder) -> None:
    assert folder.read() is None
    folder.write({"study": {"name": "tiny"}})
    folder.write({"study": {"name": "tiny"}, "data": 1})
    assert folder.read() == {"study": {"name": "tiny"}, "data": 1}
    assert [file.name for file in folder.path.iterdir()] == ["study.json"]


@pytest.mark.parametrize("content", [b"", b'{"study": {"na', b"[1]", b"null", b"\xff\xfe"])
def test_a_broken_record_is_explained(content: bytes, folder: Folder) -> None:
    folder.write({})
    file = folder.path / "study.json"
    file.write_bytes(content)
    with pytest.raises(StoreError) as caught:
        folder.read()
    assert str(caught.value) == (
        f"{file} is broken: it does not hold a JSON object. Delete it, and run the study again as it was begun: "
        "its trials are in optuna.journal, and stay."
    )


def test_a_record_that_cannot_be_read_is_explained(folder: Folder) -> None:
    (folder.path / "study.json").mkdir(parents=True)
    with pytest.raises(StoreError, match=r"study\.json cannot be read: Is a directory\."):
        folder.read()


def test_an_unknown_study_is_answered_with_those_there_are(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with pytest.raises(ChoiceError, match="None was run yet: kdorch study run FILE"):
        home.known("tiny")
    home.study("tiny").write({})
    assert home.known("tiny") == home.study("tiny")
    with pytest.raises(ChoiceError, match="Did you mean 'tiny'"):
        home.known("tinny")
