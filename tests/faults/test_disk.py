"""The disk fills up at some moment, or is not ours to write to: the study ends, says so, and goes on later."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import kdorch

pytestmark = pytest.mark.slow

TRIALS = 6
STUDY = {"search": {"trials": TRIALS, "sampler": "random", "stack": 1}, "confirm": {"top": 1, "seeds": 1}}
SIZE = "64m"
BLOCK = 4096


class Disk:
    """A small disk.

    Args:
        folder: Where it is mounted.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def mount(self, size: str, *options: str) -> None:
        """Mount it, or change its size."""
        words = ["mount", "-t", "tmpfs", "-o", ",".join([f"size={size}", *options]), "none"]
        subprocess.run([*words, str(self.folder)], check=True, capture_output=True)

    def unmount(self) -> None:
        """Forget what is on it."""
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    found = Disk(tmp_path / "disk")
    found.folder.mkdir()
    try:
        found.mount(SIZE)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("nobody may mount a small disk here")
    yield found
    found.unmount()


@pytest.fixture
def small(home: Path, disk: Disk) -> Path:
    """A project directory on it."""
    return Path(shutil.copytree(home, disk.folder / "home"))


def fill(home: Path, room: int) -> Path:
    """Fill the disk but for so many bytes."""
    ballast = home.parent / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(BLOCK)):
                pass
        except OSError as error:
            assert error.errno == errno.ENOSPC  # noqa: PT017
    os.truncate(ballast, max(0, ballast.stat().st_size - room) // BLOCK * BLOCK)
    return ballast


class Filler(kdorch.Observer):
    """Fills the disk when somebody says something, or so many trainings are complete."""

    def __init__(self, home: Path, moment: str | int, room: int) -> None:
        self._home, self._moment, self._room = home, moment, room
        self.filled = False

    def _fill(self) -> None:
        if not self.filled:
            self.filled = True
            fill(self._home, self._room)

    def say(self, text: str) -> None:
        if text.startswith(str(self._moment)):
            self._fill()

    def progress(self, phase: str, done: int, total: int, metrics: Any) -> None:
        if (phase, done) == ("search", self._moment) or (phase == "confirmation" == self._moment):
            self._fill()


@pytest.mark.parametrize("room", [0, 2, 20, 60, 200], ids=lambda room: f"{room} blocks left")
@pytest.mark.parametrize("moment", ["data", "teacher", 2, "confirmation"])
def test_a_disk_that_fills_up_ends_a_study_which_goes_on_later(
    moment: str | int, room: int, small: Path, write: Any, whole: Any
) -> None:
    study = kdorch.Study.load(write(**STUDY))
    filler = Filler(small, moment, room * BLOCK)
    try:
        kdorch.run(study, home=small, workers=2, observer=filler)
    except kdorch.KdorchError as error:
        assert any(word in str(error) for word in ("No space left", "disk is full")), error  # noqa: PT017
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert room >= 60
    assert filler.filled
    (small.parent / "ballast").unlink()
    kdorch.run(study, home=small, workers=2)
    whole(small).check(trials=TRIALS, confirmed=2)


@pytest.mark.parametrize("size", ["300k", "1m", "1500k"])  # of the database, the data, the teacher
def test_a_disk_that_is_too_small_for_what_comes_before_the_trials(
    size: str, disk: Disk, write: Any, whole: Any
) -> None:
    disk.mount(size, "remount")
    study, home = kdorch.Study.load(write(**STUDY)), disk.folder / "home"
    with pytest.raises(kdorch.KdorchError, match="Make room there, and run the same command again") as caught:
        kdorch.run(study, home=home, workers=2)
    assert "\n" not in str(caught.value)
    disk.mount(SIZE, "remount")
    kdorch.run(study, home=home, workers=2)
    whole(home).check(trials=TRIALS, confirmed=2)


@pytest.mark.parametrize("words", [("study", "run"), ("study", "check")])
def test_a_disk_that_is_full_from_the_beginning_is_told_in_a_line(
    words: tuple[str, ...], small: Path, write: Any, cli: Any
) -> None:
    fill(small, 0)
    done = cli("--home", str(small), *words, str(write()))
    if words == ("study", "check"):
        assert (done.returncode, done.stderr) == (0, "")
    else:
        assert done.returncode == 2
        assert done.stderr.startswith(f"error: {small}")
        assert "No space left on device. Make room there, and run the same command again" in done.stderr


class Restrained:
    """Runs ``kdorch`` as somebody whom permissions bind, which they do not bind root.

    Args:
        warm: Where processes come from.
        clean: Their environment.
    """

    def __init__(self, warm: Any, clean: dict[str, str]) -> None:
        self._warm, self._clean = warm, clean

    def __call__(self, *words: str | Path) -> Any:
        script = Path(__file__).with_name("restrained.py")
        return self._warm.run(str(script), *map(str, words), env=self._clean)


@pytest.fixture
def restrained(warm: Any, clean: dict[str, str]) -> Restrained:
    return Restrained(warm, clean)


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Any]:
    """Take the right to write away from directories and files, until the test ends."""
    taken: list[tuple[Path, int]] = []

    def lock(*paths: Path) -> None:
        for path in paths:
            taken.append((path, path.stat().st_mode))
            path.chmod(path.stat().st_mode & ~0o222)

    yield lock
    for path, mode in taken:
        path.chmod(mode)


def refused(done: Any, where: Path) -> None:
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) <= 2
    assert "[SQL" not in done.stderr
    assert str(where) in done.stderr


def test_where_nobody_may_write_no_study_begins(
    restrained: Restrained, locked: Any, write: Any, tmp_path: Path
) -> None:
    file = write()
    folder = tmp_path / "theirs"
    folder.mkdir()
    locked(folder)
    done = restrained("--home", folder / "home", "study", "run", file)
    refused(done, folder / "home")
    assert "Permission denied. Choose another project directory with --home" in done.stderr


def test_a_project_directory_that_is_read_only_can_be_read(
    restrained: Restrained, locked: Any, finished: Any, tmp_path: Path
) -> None:
    beside = shutil.ignore_patterns("mlflow.db-*")  # of whoever has the database open now, in another test
    home = Path(shutil.copytree(finished.home, tmp_path / "home", ignore=beside))
    locked(*(path for path in home.rglob("*")), home)
    for words in (("study", "show", "tiny"), ("study", "list"), ("study", "check", finished.file)):
        done = restrained("--home", home, *words)
        assert (done.returncode, done.stderr) == (0, ""), words
    facts = json.loads(restrained("--home", home, "study", "show", "tiny", "--json").stdout)
    assert facts["front"]
    for words in (
        ("study", "run", finished.file, "--trials", "9"),
        ("promote", "tiny", "--model", "m"),
        ("study", "delete", "tiny", "--yes"),
        ("study", "reproduce", "tiny", "--trial", str(facts["front"][0]["trial"])),
        ("ui",),
    ):
        refused(restrained("--home", home, *words), home)
    done = restrained("--home", home, "doctor")
    assert done.returncode == 1
    assert "cannot be written" in done.stdout


def test_a_study_whose_directory_is_locked_meanwhile_goes_on_later(
    home: Path, restrained: Restrained, locked: Any, write: Any, whole: Any
) -> None:
    """The journal cannot be written any more after the third trial."""
    file = write(**STUDY)
    kdorch.run(kdorch.Study.load(file), home=home, workers=1, trials=3)
    folder = home / "studies" / "tiny"
    locked(folder / "optuna.journal")
    refused(restrained("--home", home, "study", "run", file), folder / "optuna.journal")
    (folder / "optuna.journal").chmod(0o644)
    kdorch.run(kdorch.Study.load(file), home=home, workers=1)
    whole(home).check(trials=TRIALS, confirmed=2)
