"""The tracking server goes away in the middle of a search: for a while, for good, and when somebody has had enough."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import kdorch
from kdorch.tracking import outage
from kdorch.tracking.server import Server, serve

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

TRIALS = 24
STUDY = {
    "search": {"trials": TRIALS, "sampler": "random", "stack": 1},
    "confirm": {"top": 1, "seeds": 1},
}
STUDY |= {"train": {"epochs": 2, "batch": 64, "lr": 0.01}}
ENOUGH = 8  # results that are kept in an outage before the server comes back
LIMIT = 60.0  # seconds


class Machine:
    """A tracking server that can be switched off and on.

    Args:
        folder: Its database and files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._running = folder, serve(folder)
        self.url = self._running.url

    def off(self) -> None:
        """End it at once, whatever it is doing."""
        os.killpg(self._running.process.pid, signal.SIGKILL)
        self._running.process.wait()

    def on(self) -> None:
        """Start it again, at the same address."""
        self._running: Server = serve(self._folder, int(self.url.rpartition(":")[2]))
        assert self._running.url == self.url

    def stop(self) -> None:
        """End it for good."""
        self._running.stop()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    folder = tmp_path / "server"
    folder.mkdir()
    found = Machine(folder)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", found.url)
    yield found
    found.stop()


class Watcher(kdorch.Observer):
    """Switches a server off after so many trials, and does something when that is noticed.

    Args:
        machine: The server.
        trials: How many have to be complete.
        then: What it does, in a thread of its own.
    """

    def __init__(self, machine: Machine, trials: int, then: Callable[[], None]) -> None:
        self._machine, self._trials, self._then = machine, trials, then
        self.said: list[str] = []
        self.threads: list[threading.Thread] = []

    def say(self, text: str) -> None:
        self.said.append(text)
        if "does not answer" in text:
            self.threads.append(threading.Thread(target=self._then))
            self.threads[-1].start()

    def progress(self, phase: str, done: int, total: int, metrics: Any) -> None:
        if done == self._trials:
            self._machine.off()


def kept(home: Path) -> int:
    return len([*home.glob("studies/tiny/spool/*/result.json")])


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another thread or process does."""
    looked, end = threading.Event(), 0
    while not condition():
        end += looked.wait(0.05) is False
        assert end < LIMIT / 0.05


def test_a_server_that_is_away_for_a_while_costs_nothing(
    machine: Machine, home: Path, write: Any, whole: Any
) -> None:
    most = []

    def come_back() -> None:
        until(lambda: kept(home) >= ENOUGH)  # trials go on meanwhile
        most.append(kept(home))
        machine.on()

    watcher = Watcher(machine, 4, come_back)
    kdorch.run(kdorch.Study.load(write(**STUDY)), home=home, workers=2, observer=watcher)
    assert most[0] >= ENOUGH
    found = whole(home, uri=machine.url)
    found.check(trials=TRIALS, confirmed=2)
    assert found.repeated(found.search) == 0
    assert any(text.endswith("answers again") for text in watcher.said)


def test_a_server_that_is_gone_for_good_ends_the_study_and_what_was_trained_stays(
    machine: Machine, home: Path, write: Any, whole: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage, "PATIENCE", 4.0)
    watcher = Watcher(machine, 4, lambda: None)
    study = kdorch.Study.load(write(**STUDY))
    with pytest.raises(kdorch.TrackingError, match="run the same command again"):
        kdorch.run(study, home=home, workers=2, observer=watcher)
    waiting = kept(home)
    assert waiting >= ENOUGH
    with pytest.raises(kdorch.TrackingError, match="cannot use"):  # at once, and nothing is lost of it
        kdorch.run(study, home=home, workers=2)
    assert kept(home) == waiting
    machine.on()
    watcher = Watcher(machine, TRIALS + 1, lambda: None)
    kdorch.run(study, home=home, workers=2, observer=watcher)
    assert f"after an interruption: {waiting} salvaged, 0 to repeat" in watcher.said
    found = whole(home, uri=machine.url)
    found.check(trials=TRIALS, confirmed=2)


def test_ctrl_c_need_not_wait_for_a_server(
    machine: Machine, home: Path, write: Any, whole: Any, command: list[str], clean: dict[str, str]
) -> None:
    file = write(**STUDY)
    words = [*command, "--home", str(home), "study", "run", str(file), "--workers", "2"]
    environment = clean | {"MLFLOW_TRACKING_URI": machine.url}
    process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    until(lambda: complete(home) >= 4)
    machine.off()
    until(lambda: kept(home) >= ENOUGH)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=LIMIT)
    assert process.returncode == 130
    assert b"Stopped; nothing that is complete is lost." in error
    assert len(error.splitlines()) == 1
    assert kept(home) >= ENOUGH
    machine.on()
    kdorch.run(kdorch.Study.load(file), home=home, workers=2)
    whole(home, uri=machine.url).check(trials=TRIALS, confirmed=2, called_off=True)


def complete(home: Path) -> int:
    try:
        return len(kdorch.Results("tiny", home).trials)
    except kdorch.KdorchError:  # not begun yet
        return 0
