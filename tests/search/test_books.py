"""What becomes of trials is written step by step, each for all of them, and nothing before what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest
from memory_tracker import MemoryTracker
from optuna.trial import TrialState

from kdorch.search.books import Books
from kdorch.search.endings import Ending, Flight, failed
from kdorch.search.journal import open_journal
from kdorch.search.observer import Observer
from kdorch.search.phases import Plan
from kdorch.search.record import Record
from kdorch.search.spool import Spool
from kdorch.tracking import DatasetRecord, Outcome

STATES: dict[Outcome, TrialState] = {"complete": TrialState.COMPLETE, "failed": TrialState.FAIL}


class Looking(MemoryTracker):
    """Looks, before runs end, at what is on disk of their trials."""

    journal: Path

    def end(self, outcomes: Mapping[str, Outcome]) -> None:
        trials = Record(open_journal(self.journal), "search", ["max"]).trials()
        told = {trial.user_attrs["run_id"]: trial.state for trial in trials if "run_id" in trial.user_attrs}
        assert told == {run_id: STATES[outcome] for run_id, outcome in outcomes.items()}
        super().end(outcomes)


class Listening(Observer):
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    def say(self, text: str) -> None:
        self.heard.append(text)

    def progress(self, phase: str, done: int, total: int, metrics: Mapping[str, float] | None) -> None:
        self.heard.append((phase, done, total, metrics))


@pytest.fixture
def tracker(tmp_path: Path) -> Looking:
    found = Looking()
    found.journal = tmp_path / "optuna.journal"
    found.open("tiny", "", DatasetRecord("digits", "1"), identity="me")
    return found


def test_trials_that_end_together_are_told_on_disk_before_their_runs_end(
    tracker: Looking, tmp_path: Path
) -> None:
    record, observer = Record(open_journal(tracker.journal), "search", ["max"]), Listening()

    def flight(number: int) -> Flight:
        parcel = Spool(tmp_path / "spool").parcel(f"trial-{number}")
        parcel.keep({})
        return Flight(record.ask(), Plan("trial", f"t-{number}", {}, {}), parcel, tmp_path / f"{number}.pt")

    def complete(flight: Flight) -> Ending:
        number = flight.trial.number
        metrics = {"val/accuracy": number / 10}
        return Ending(
            flight,
            "complete",
            lambda record: record.tell(number, [number / 10]),
            facts={"metrics": metrics},
            metrics=metrics,
        )

    flights = [flight(number) for number in range(3)]
    books = Books(SimpleNamespace(record=record, title="search", total=4), tracker, observer)
    books.start(flights[1:2])  # the first of two to have a run, and the others get theirs at once
    with record.together():  # others are asked for meanwhile
        record.ask()
        books.end([complete(flights[0]), complete(flights[1]), failed(flights[2], "nan", "Traceback")])
    again = Record(open_journal(tracker.journal), "search", ["max"])
    assert [trial.user_attrs["metrics"]["val/accuracy"] for trial in again.complete()] == [0.0, 0.1]
    runs = {run.trial: run for run in tracker.runs()}
    assert [runs[number].status for number in range(3)] == ["FINISHED", "FINISHED", "FAILED"]
    assert [runs[number].metrics for number in range(3)] == [{"val/accuracy": 0.0}, {"val/accuracy": 0.1}, {}]
    assert tracker.files == {runs[2].run_id: {"traceback.txt": b"Traceback"}}
    assert not list((tmp_path / "spool").iterdir())
    heard = [
        ("search", 1, 4, {"val/accuracy": 0.0}),
        ("search", 2, 4, {"val/accuracy": 0.1}),
        "t-2 failed: nan",
    ]
    assert observer.heard == heard
