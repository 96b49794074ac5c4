"""What must hold whatever kdorch is given, and how many cases of it were tried.

A call succeeds or raises a KdorchError, within some seconds of computing; a command that fails says why on stderr.
Either way nothing is written but where it was asked for, and nothing in the data is run: a payload would leave a
file.
"""

from __future__ import annotations

import contextlib
import io
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from hypothesis import settings

from kdorch.cli import main
from kdorch.errors import KdorchError

TRIED: Counter[str] = Counter()  # cases by surface
PATIENCE = 10.0  # seconds that a call may compute; waiting for other processes does not count
PAYLOAD = "payload-was-run"  # the file that a payload leaves beside the room
LONGEST = 20_000  # characters of what is said; what was typed may stand in it a few times


def share(part: float) -> settings:
    """Return how many cases a test gets: a part of those that the profile gives to a test."""
    return settings(max_examples=max(1, round(part * settings.default.max_examples)))


class Room:
    """A directory to work in, and beside it what nobody may touch.

    Attributes:
        path: Where a case works.
    """

    def __init__(self, top: Path) -> None:
        self._top, self.path = top, top / "room"
        self.path.mkdir()
        (top / "beside").mkdir()
        (top / "beside" / "diary.txt").write_text("mine")

    def untouched(self) -> None:
        """Make sure that all beside the room is as it was."""
        assert files(self._top, without=self.path) == ["beside", "beside/diary.txt"]
        assert (self._top / "beside" / "diary.txt").read_text() == "mine"


def files(folder: Path, without: Path | None = None) -> list[str]:
    """Return what lies in a directory, by path from there."""
    found = [path for path in folder.rglob("*") if without not in (path, *path.parents)]
    return sorted(path.relative_to(folder).as_posix() for path in found)


@contextlib.contextmanager
def room() -> Iterator[Path]:
    """Give a case a directory of its own, the current one, and look around afterwards."""
    with TemporaryDirectory(prefix="fuzz-") as top:
        made = Room(Path(top))
        with contextlib.chdir(made.path):
            yield made.path
        made.untouched()


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    """Fail what computes for too long."""

    def late(*_: object) -> None:
        raise AssertionError(f"it computes for more than {PATIENCE:.0f} seconds")

    before = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def refusal(surface: str, call: Callable[[], Any]) -> KdorchError | None:
    """Return the KdorchError that a call raises, None if it succeeds; nothing else may come of it."""
    TRIED[surface] += 1
    try:
        with bounded():
            call()
    except KdorchError as error:
        readable(str(error))
        return error
    return None


def readable(told: str) -> None:
    """Make sure that a message can be printed, says something, and shows nothing of our inside."""
    assert told.strip()
    assert len(told) < LONGEST, f"{len(told)} characters: {told[:300]}"
    told.encode()
    for word in ("Traceback", "pydantic", "ruamel", "site-packages"):
        assert word not in told


@dataclass(frozen=True)
class Said:
    """What a command said.

    Attributes:
        code: Its exit code.
        output: Of stdout.
        errors: Of stderr.
    """

    code: int
    output: str
    errors: str


def command(surface: str, *words: str) -> Said:
    """Run ``kdorch WORDS`` in this process, as its script does."""
    TRIED[surface] += 1
    streams = [io.TextIOWrapper(io.BytesIO(), "utf-8", how) for how in ("strict", "backslashreplace")]
    code: Any = 0
    with (
        contextlib.redirect_stdout(streams[0]),
        contextlib.redirect_stderr(streams[1]),
        patch.object(sys, "stdin", io.StringIO()),
        patch.object(sys, "argv", ["kdorch", *words]),
        bounded(),
    ):
        try:
            main()
        except SystemExit as ended:
            code = ended.code
    for stream in streams:
        stream.flush()
    output, errors = (stream.buffer.getvalue().decode(errors="surrogateescape") for stream in streams)  # type: ignore[attr-defined]
    said = Said(code or 0, output, errors)
    assert said.code in {0, 1, 2}, said
    assert not said.code or said.errors.strip() or "--json" in words, said
    if said.code:
        readable(said.errors or said.output)
    return said
