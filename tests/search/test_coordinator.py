"""Trials are placed while the results of others are written, and no trial is started in vain."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from memory_tracker import MemoryTracker

from kdorch.errors import StoreError, TrackingError
from kdorch.execution import Event, Job
from kdorch.search.coordinator import Coordinator
from kdorch.search.journal import open_journal
from kdorch.search.ledger import Ledger
from kdorch.search.observer import Observer
from kdorch.search.phases import Searching
from kdorch.search.record import Record
from kdorch.search.setting import Setting
from kdorch.search.spool import Spool
from kdorch.study import Study
from kdorch.tracking import DatasetRecord, NewRun

TRIALS, THREADS = 8, 3


class AtOnce:
    """Workers that need no time for a training.

    Attributes:
        log: What happened, in order: a training that was submitted, or a result that was written.
    """

    def __init__(self, workers: int, log: list[str]) -> None:
        self._workers, self.log = workers, log
        self._events: deque[Event] = deque()
        self._held = 0

    def open(self) -> None: ...

    def close(self) -> None: ...

    def can_take(self) -> bool:
        return self._held < self._workers

    def submit(self, job: Job) -> None:
        self._held += 1
        self.log.append("submitted")
        assert job.threads == THREADS
        trials = job.spec["trials"]
        for trial in trials:
            self._events.append(Event(job, "report", {"trial": trial["name"], "known": {}}))
        for trial in trials:
            self._events.append(Event(job, "report", {"trial": trial["name"], "result": self._result(trial)}))
        self._events.append(Event(job, "done", {}))

    def poll(self, timeout: float) -> list[Event]:
        event = self._events.popleft()
        self._held -= event.kind == "done"
        return [event]

    @staticmethod
    def _result(trial: Mapping[str, Any]) -> dict[str, Any]:
        Path(trial["weights"]).parent.mkdir(parents=True)
        Path(trial["weights"]).write_bytes(b"weights")
        metrics = {"val/accuracy": 0.5, "size/params": trial["student"]["width"]}
        result = {"metrics": metrics, "curves": {"val/accuracy": [0.5]}, "epoch": 1}
        return result | {"digest": trial["name"], "placement": "alone"}


class Slow(MemoryTracker):
    """Lets something else happen before a result is there."""

    before: Callable[[], object]
    journal: list[str]

    def start(self, *args: Any, **kwargs: Any) -> str:
        self.journal.append("begun")
        return super().start(*args, **kwargs)

    def log(self, *args: Any, **kwargs: Any) -> None:
        self.before()
        super().log(*args, **kwargs)
        self.journal.append("written")


@pytest.fixture
def drive(tree: Callable[..., dict[str, Any]], tmp_path: Path) -> Callable[..., tuple[Record, list[str]]]:
    """Search with so many workers; before a result is written, something else is done."""

    def search(
        workers: int,
        before: Callable[[list[str]], object],
        workers_of: type[AtOnce] = AtOnce,
        stack: int = 1,
    ) -> tuple[Record, list[str]]:
        study = Study(**tree(search={"trials": TRIALS, "sampler": "random"}))
        record = Record(open_journal(tmp_path / "optuna.journal"), "search", ["max", "min"])
        log: list[str] = []
        tracker = Slow()
        tracker.before, tracker.journal = lambda: before(log), log
        tracker.open("tiny", "", DatasetRecord("digits", "1"), identity="me")
        ledger, spool = Ledger(tmp_path / "ledger.jsonl"), Spool(tmp_path / "spool")
        setting = Setting(study, tmp_path, {}, [], spool, ledger, workers, stack, threads=THREADS)
        phase = Searching(study, record, TRIALS)
        Coordinator(phase, setting, workers_of(workers, log), tracker, Observer()).drive()
        return record, log

    return search


def test_one_worker_gets_a_trial_once_the_last_one_is_written(drive: Any) -> None:
    record, log = drive(1, lambda log: None)
    assert log == ["submitted", "written"] * TRIALS
    assert len(record.complete()) == len(record.trials()) == TRIALS


def test_the_run_of_a_long_training_is_begun_before_it_ends(
    drive: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kdorch.search.arrivals._LONG", -1.0)
    record, log = drive(1, lambda log: None)
    assert log == ["submitted", "begun", "written"] * TRIALS
    assert len(record.complete()) == TRIALS


@pytest.mark.parametrize(("stack", "begun"), [(1, TRIALS), (TRIALS, 0)])
def test_a_trial_of_many_is_long_if_its_share_is(
    stack: int, begun: int, drive: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between what is known of trials and the first result, three seconds pass: a share of 3 and of 0.4 s."""
    now = 0.0

    class Pausing(AtOnce):
        _known = False

        def poll(self, timeout: float) -> list[Event]:
            nonlocal now
            if self._known and "result" in self._events[0].data:
                self._known, now = False, now + 3.0
                return []
            self._known = "known" in self._events[0].data
            return super().poll(timeout)

    clock = SimpleNamespace(time=time.time, monotonic=lambda: now)
    monkeypatch.setattr("kdorch.search.arrivals.time", clock)
    record, log = drive(1, lambda log: None, Pausing, stack)
    assert log.count("begun") == begun
    assert len(record.complete()) == TRIALS


def test_several_get_theirs_meanwhile_and_none_is_started_in_vain(drive: Any) -> None:
    more = threading.Event()

    def wait_for_another(log: list[str]) -> None:
        while log.count("submitted") < 3:
            more.wait(0.02)

    record, log = drive(2, wait_for_another)
    assert log.index("written") > log.index("submitted") + 2
    assert len(record.complete()) == len(record.trials()) == record.counted == TRIALS


def test_what_comes_home_while_something_is_written_is_written_at_once(
    drive: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, lots, write = threading.Event(), [], Slow.write

    class Telling(AtOnce):
        def poll(self, timeout: float) -> list[Event]:
            [event] = super().poll(timeout)
            if event.kind == "done":
                home.set()
            return [event]

    def held(self: Slow, runs: Sequence[NewRun]) -> list[str]:
        lots.append(len(runs))
        home.wait()
        return write(self, runs)

    monkeypatch.setattr(Slow, "write", held)
    record, _ = drive(1, lambda log: None, Telling, TRIALS)
    assert sum(lots) == len(record.complete()) == TRIALS
    assert len(lots) <= 2  # whatever has come before the first is written, and all others


def test_each_worker_gets_its_share_and_none_a_trial_after_the_other(drive: Any) -> None:
    sizes = []

    class Counting(AtOnce):
        def submit(self, job: Job) -> None:
            sizes.append(len(job.spec["trials"]))
            super().submit(job)

    record, _ = drive(2, lambda log: None, Counting, TRIALS)
    assert len(record.complete()) == TRIALS == 8
    assert sizes == [4, 3, 1]  # half of eight; of four that are left and what is left of four; the rest


def test_what_fails_while_it_is_written_ends_the_search(drive: Any) -> None:
    def refuse(log: list[str]) -> None:
        raise TrackingError("MLflow is gone")

    with pytest.raises(TrackingError, match="MLflow is gone"):
        drive(2, refuse)


class Together(AtOnce):
    """Workers of which one says that the disk is full, and the other has a result at the same moment."""

    def poll(self, timeout: float) -> list[Event]:
        news, self._events = list(self._events), deque()
        if not news:
            return []
        jobs = list({event.job.id: event.job for event in news}.values())
        told = {"type": "OSError", "message": "No space left on device", "traceback": ""}
        return [Event(jobs[0], "error", told), *(event for event in news if event.job is jobs[1])]


def test_what_came_home_together_with_the_end_of_everything_is_kept(drive: Any, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="Make room there"):
        drive(2, lambda log: None, workers_of=Together)
    [kept] = (tmp_path / "spool").glob("*/result.json")
    assert kept.parent.name == "trial-1"
