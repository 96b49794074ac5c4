"""Ctrl-C: a clean stop, no process left, and a next run that goes on."""

from __future__ import annotations

import os
import pty
import select
import shlex
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

pytestmark = pytest.mark.slow

MARK = "KDORCH_TEST_OF_INTERRUPTS"  # in the environment of a study and of all its processes


def family(mark: str) -> list[int]:
    """Return the processes of a study."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"{MARK}={mark}".encode() in entry.read_bytes().split(b"\0"):
                found.append(int(entry.parent.name))
        except OSError:
            continue  # it has ended, or is not ours
    return found


@contextmanager
def started(*command: str, environment: dict[str, str], **options: Any) -> Iterator[Any]:
    """Start a study; whatever becomes of the test, end it."""
    mark = uuid4().hex
    with subprocess.Popen(command, env=environment | {MARK: mark}, **options) as process:
        process.mark = mark  # type: ignore[attr-defined]
        try:
            yield process
        finally:
            process.kill()


def wait_for(process: Any, beginning: str) -> list[str]:
    """Read lines until one begins like this."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith(beginning):
            return lines
    pytest.fail(f"it ended without a line that begins with {beginning!r}:\n{''.join(lines)}")


@pytest.fixture
def begin(command: list[str], clean: dict[str, str], home: Path) -> Any:
    def run(file: Path) -> Any:
        words = ("--home", str(home), "study", "run", str(file), "--workers", "2")
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return started(*command, *words, environment=clean, **pipes)

    return run


@pytest.mark.parametrize(
    ("beginning", "trials", "seeds"), [("data", 2, 1), ("search", 16, 1), ("confirmation", 2, 9)]
)
def test_ctrl_c_stops_cleanly_and_the_next_run_goes_on(
    beginning: str, trials: int, seeds: int, begin: Any, cli: Any, write: Any, whole: Any, home: Path
) -> None:
    file = write(
        search={"trials": trials, "sampler": "random"},
        confirm={"top": 1, "seeds": seeds},
        train={"epochs": 5},
    )
    with begin(file) as process:
        wait_for(process, beginning)
        assert len(family(process.mark)) > 1
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
        assert process.returncode == 130, errors
        assert family(process.mark) == []
    again = f"kdorch --home {home} study run {file} --workers 2"
    assert errors.splitlines() == [f"Stopped; nothing that is complete is lost. Go on with: {again}"]

    done = cli(*shlex.split(again)[1:])
    assert (done.returncode, done.stderr) == (0, "")
    assert "to repeat" not in done.stdout.replace(", 0 to repeat", "")  # it was put in order when it stopped
    found = whole(home)
    found.check(trials=trials, confirmed=2 * seeds, called_off=True)
    every = [*found.search.trials(), *found.confirmation.trials()]
    assert {trial.user_attrs.get("attempt", 1) for trial in every} == {1}


def test_ctrl_c_on_a_terminal(command: list[str], clean: dict[str, str], write: Any, home: Path) -> None:
    file = write(search={"trials": 50, "sampler": "random"}, train={"epochs": 10})
    ours, theirs = pty.openpty()
    words = ("--home", str(home), "study", "run", str(file))
    environment = clean | {"TERM": "xterm", "COLUMNS": "120"}
    pipes: dict[str, Any] = {"stdin": theirs, "stdout": theirs, "stderr": theirs, "start_new_session": True}
    take = [*command[:2], f"import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); {command[2]}"]
    with started(*take, *words, environment=environment, **pipes) as process:
        os.close(theirs)
        shown = read_until(ours, "front ")
        os.write(ours, b"\x03")
        shown += read_until(ours, None)
        process.wait()
        assert process.returncode == 130, shown
        assert family(process.mark) == []
    os.close(ours)
    assert "/50" in shown
    assert "best val/accuracy" in shown
    assert "Go on with: kdorch --home" in " ".join(shown.split())
    assert "Traceback" not in shown


def read_until(terminal: int, what: str | None) -> str:
    """Read a terminal until it shows this, or to its end."""
    shown = ""
    while what is None or what not in shown:
        ready, _, _ = select.select([terminal], [], [], 120)
        assert ready, f"nothing more after:\n{shown}"
        try:
            shown += os.read(terminal, 4096).decode(errors="replace")
        except OSError:  # the other side is gone
            break
    return shown
