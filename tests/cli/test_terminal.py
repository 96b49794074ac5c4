"""What a terminal shows while a study runs: one live line that fits, and colours only where they are wanted."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

import kdorch as library
from kdorch.cli import voice
from kdorch.cli.progress import Progress
from kdorch.cli.status import Status

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOUR = re.compile(r"\x1b\[(?:[0-9;]*;)?(?:3[0-7]|9[0-7]|38)(?:;[0-9;]*)?m")


def on_a_terminal(command: list[str], environment: dict[str, str], columns: int) -> tuple[int, str]:
    """Run a command on a terminal of its own; return its exit code and all that was written there."""
    # pytest-xdist sets COLUMNS, which counts for more than the terminal does.
    environment = {name: value for name, value in environment.items() if name not in ("COLUMNS", "LINES")}
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    written = b""
    with subprocess.Popen(command, env=environment, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        while True:
            try:
                chunk = os.read(ours, 65536)
            except OSError:  # Linux says so when the last writer is gone
                break
            if not chunk:
                break
            written += chunk
    os.close(ours)
    return process.returncode, written.decode()


def lines(written: str) -> list[str]:
    return [line.rstrip() for line in re.split(r"[\r\n]+", ESCAPE.sub("", written)) if line.strip()]


@pytest.mark.slow
@pytest.mark.parametrize("columns", [80, 120])
def test_the_live_line_fits_and_leaves_nothing_behind(
    columns: int, home: Path, write: Any, command: list[str], clean: dict[str, str]
) -> None:
    words = [*command, "--home", str(home), "study", "run", str(write())]
    environment = clean | {"TERM": "xterm-256color"}
    code, written = on_a_terminal(words, environment, columns)
    assert code == 0, written
    shown = lines(written)
    live = [line for line in shown if "━" in line]
    assert any(re.match(r". data ━+ .*getting ready…$", line) for line in live)
    last = next(line for line in reversed(live) if " search " in line)
    assert re.search(r"4/4 0:00:\d\d .*best val/accuracy 0\.\d{4}, front \d$", last), last
    assert max(map(len, live)) <= columns
    # The live line has only the terminal's last line: what is above it is never drawn again.
    assert "\x1b[1A" not in written[written.index("search: 4 trainings") :].partition("confirmation: ")[0]
    after = written.rpartition("confirmation: 2 trainings")[2]
    assert "━" not in after.partition("tiny: 4 trials")[2]


@pytest.mark.slow
@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_study_fits_its_terminal(
    columns: int, finished: Any, command: list[str], clean: dict[str, str]
) -> None:
    words = [*command, "--home", str(finished.home), "study", "show", "tiny"]
    code, written = on_a_terminal(words, clean | {"TERM": "xterm-256color"}, columns)
    assert code == 0, written
    shown = lines(written)
    assert shown[-1].startswith("Next: ")  # is there to be copied, however long
    assert max(map(len, shown[:-1])) <= columns
    text = " ".join(line.strip() for line in shown)
    verdicts = library.Results("tiny", finished.home).verdicts.values()
    assert all(verdict.sentence in text for verdict in verdicts)


@pytest.mark.slow
@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colours_are_left_out_where_nobody_wants_them(
    no_color: str, coloured: bool, command: list[str], clean: dict[str, str], tmp_path: Path
) -> None:
    environment = clean | {"TERM": "xterm-256color", "NO_COLOR": no_color}
    words = [*command, "--home", str(tmp_path), "doctor"]
    code, written = on_a_terminal(words, environment, 80)
    assert code == 0, written
    assert bool(COLOUR.search(written)) == coloured


@pytest.mark.slow
def test_a_promotion_shows_its_steps_and_ends_with_its_outcome(
    finished: Any, command: list[str], clean: dict[str, str], tmp_path: Path
) -> None:
    home = Path(copytree(finished.home, tmp_path / "home"))
    words = [*command, "--home", str(home), "promote", "tiny", "--model", "toy", "--alias", "champion"]
    code, written = on_a_terminal(words, clean | {"TERM": "xterm-256color"}, 100)
    assert code == 0, written
    shown = lines(written)
    card = shown.index(next(line for line in shown if "# tiny: trial " in line))
    steps = [line for line in shown[:card] if line.endswith(" …")]
    told = list(dict.fromkeys(re.sub(r"^\W+|\W+$", "", step) for step in steps))
    assert told == [
        "reading the study",
        "asking for toy in MLflow",
        "rebuilding the student, and comparing it with what was measured",
        "exporting it with its preprocessing",
        "comparing its answers in a process without kdorch",
        "registering it as toy",
    ]
    assert not [line for line in shown[card:] if line.endswith(" …")]
    assert shown[-2:] == [
        f"Registered toy, version 1, in {home}/mlflow.db: models:/toy@champion",
        f"Next: kdorch --home {home} ui",
    ]


@pytest.mark.parametrize(("level", "told"), [("normal", ""), ("quiet", ""), ("verbose", "first\nsecond\n")])
def test_a_pipe_hears_of_steps_if_it_wants_times(
    level: voice.Level, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    voice.choose(level)
    with Status("first") as status:
        status.say("second")
    voice.choose("normal")
    output, errors = capsys.readouterr()
    assert (output, re.sub(r" +0\.\d s  ", "", errors)) == ("", told)


def test_a_pipe_is_told_once_that_something_takes_long(
    tree: Callable[..., dict[str, Any]], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    voice.choose("normal")
    with Progress(library.Study(**tree()), tmp_path) as progress:
        for seconds in (0.0, 4.0, 6.0, 7.0):
            progress.wait("teacher", seconds)
    assert capsys.readouterr().out == "teacher  getting ready…\n"
