"""After a crash, for every state in which a trial and its runs can be left."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from memory_tracker import MemoryTracker
from optuna.trial import TrialState

from kdorch.search.endings import VALUES
from kdorch.search.journal import open_journal
from kdorch.search.reconcile import reconcile, unsettled
from kdorch.search.record import Record
from kdorch.search.spool import Spool
from kdorch.tracking.protocol import DatasetRecord


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(open_journal(tmp_path / "optuna.journal"), "search", ["max", "min"])


@pytest.fixture
def tracker() -> MemoryTracker:
    found = MemoryTracker()
    found.open("tiny", "", DatasetRecord("digits", "abc"), identity="1")
    return found


RESULT = {"val/accuracy": 0.75, "size/params": 310.0, "train/gap": math.nan}
TOLD = {VALUES: json.dumps([0.75, 310.0])}


class Crashed:
    """A trial that a crash left behind."""

    def __init__(self, record: Record, tracker: MemoryTracker, spool: Spool) -> None:
        self.record, self.tracker, self.spool = record, tracker, spool
        self.trial = record.ask()
        self.width = self.trial.suggest_int("width", 1, 1000)

    def run(self, *, known: bool = True, whole: bool = False) -> str:
        if whole:
            self.trial.set_user_attr("metrics", RESULT)
        run_id = self.tracker.start(
            "x", "trial", trial=self.trial.number, params={}, tags=TOLD if whole else {}
        )
        if known:
            self.trial.set_user_attr("run_id", run_id)
        if whole:
            self.tracker.log(run_id, curves={}, finals=RESULT, tags={})
        return run_id

    def settle(self, **options: Any) -> tuple[int, int]:
        return reconcile(self.record, self.tracker, self.tracker.runs(), self.spool, **options)

    @property
    def state(self) -> TrialState:
        return self.record.trials()[self.trial.number].state

    def status(self, run_id: str) -> str:
        return next(run.status for run in self.tracker.runs() if run.run_id == run_id)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


@pytest.fixture
def crashed(record: Record, tracker: MemoryTracker, spool: Spool) -> Crashed:
    return Crashed(record, tracker, spool)


def waiting(record: Record) -> list[dict[str, Any]]:
    return [trial.system_attrs["fixed_params"] for trial in record.trials(TrialState.WAITING)]


def test_a_trial_without_a_run_is_repeated(crashed: Crashed, record: Record) -> None:
    assert crashed.settle() == (0, 1)
    assert crashed.state == TrialState.FAIL
    assert waiting(record) == [{"width": crashed.width}]


def test_a_run_that_optuna_does_not_know_has_failed(crashed: Crashed, record: Record) -> None:
    run_id = crashed.run(known=False)
    assert crashed.settle() == (0, 1)
    assert crashed.status(run_id) == "FAILED"
    assert len(waiting(record)) == 1


def test_a_run_without_results_has_failed_and_its_trial_is_repeated(crashed: Crashed, record: Record) -> None:
    run_id = crashed.run()
    assert crashed.settle() == (0, 1)
    assert (crashed.state, crashed.status(run_id)) == (TrialState.FAIL, "FAILED")
    assert len(waiting(record)) == 1


def test_one_that_was_given_up_and_not_told_is_told(crashed: Crashed, record: Record) -> None:
    run_id = crashed.run()
    crashed.trial.set_user_attr("pruned", {"epoch": 2, "epochs": 5})
    assert crashed.settle() == (1, 0)
    assert (crashed.state, crashed.status(run_id)) == (TrialState.PRUNED, "KILLED")
    assert (record.counted, waiting(record)) == (1, [])


def test_whole_results_are_salvaged(crashed: Crashed, record: Record) -> None:
    run_id = crashed.run(whole=True)
    assert crashed.settle() == (1, 0)
    assert (crashed.state, crashed.status(run_id)) == (TrialState.COMPLETE, "FINISHED")
    assert record.trials()[0].values == [0.75, 310.0]
    assert (record.counted, waiting(record)) == (1, [])


def test_a_trial_whose_end_was_torn_off_the_journal_is_told_by_its_run(
    crashed: Crashed, record: Record, tracker: MemoryTracker
) -> None:
    run_id = crashed.run(whole=True)
    tracker.end({run_id: "complete"})
    assert tracker.runs(settled=False) == []
    assert reconcile(record, tracker, unsettled(tracker, record), crashed.spool) == (1, 0)
    assert (crashed.state, crashed.status(run_id)) == (TrialState.COMPLETE, "FINISHED")
    assert unsettled(tracker, record) == []


def test_results_of_a_run_that_is_not_the_trials_own_are_not_taken(crashed: Crashed, record: Record) -> None:
    run_id = crashed.run(whole=True, known=False)
    assert crashed.settle() == (0, 1)
    assert (crashed.state, crashed.status(run_id)) == (TrialState.FAIL, "FAILED")
    assert len(waiting(record)) == 1


def test_whole_results_without_metrics_in_optuna_are_not_taken(crashed: Crashed, record: Record) -> None:
    run_id = crashed.run()
    crashed.tracker.log(run_id, curves={}, finals=RESULT, tags=TOLD)
    assert crashed.settle() == (0, 1)
    assert len(waiting(record)) == 1


@pytest.mark.parametrize(("finals", "tags"), [({"val/accuracy": 0.75}, TOLD), ({}, TOLD), (RESULT, {})])
def test_results_that_are_not_whole_are_not_taken(
    finals: dict[str, float], tags: dict[str, str], crashed: Crashed, record: Record
) -> None:
    run_id = crashed.run()
    crashed.trial.set_user_attr("metrics", RESULT)
    crashed.tracker.log(run_id, curves={}, finals=finals, tags=tags)
    assert crashed.settle() == (0, 1)
    assert (crashed.status(run_id), len(waiting(record))) == ("FAILED", 1)


@pytest.mark.parametrize(("end", "status"), [("tell", "FINISHED"), ("fail", "FAILED")])
def test_a_run_follows_its_trial(end: str, status: str, crashed: Crashed, record: Record) -> None:
    run_id = crashed.run(whole=True)
    if end == "tell":
        record.tell(crashed.trial.number, [0.75, 310.0])
    else:
        record.fail(crashed.trial.number, "diverged")
    assert crashed.settle() == (0, 0)
    assert crashed.status(run_id) == status


def test_a_refused_proposal_stays_refused(crashed: Crashed, record: Record) -> None:
    record.annotate(crashed.trial.number, "infeasible", {"size/params": 7.0})
    assert crashed.settle() == (1, 0)
    assert crashed.state == TrialState.PRUNED
    assert (record.counted, record.infeasible, waiting(record)) == (0, 1, [])


def test_runs_of_another_phase_are_left_alone(crashed: Crashed, tracker: MemoryTracker) -> None:
    other = tracker.start("x", "confirm", trial=crashed.trial.number, params={}, tags={})
    crashed.settle()
    assert crashed.status(other) == "RUNNING"


def test_who_is_interrupted_with_the_study_is_never_given_up(
    record: Record, tracker: MemoryTracker, spool: Spool
) -> None:
    crashed = Crashed(record, tracker, spool)
    for called_off in (True, True, False, False, False, False):
        assert crashed.settle(called_off=called_off) == (0, 1)
        assert waiting(record) == [{"width": crashed.width}]
        crashed = Crashed(record, tracker, spool)
    assert crashed.trial.user_attrs["attempt"] == 5  # who is called off has not tried


def test_deaths_of_a_worker_count_across_interruptions(
    record: Record, tracker: MemoryTracker, spool: Spool
) -> None:
    crashed = Crashed(record, tracker, spool)
    for _ in range(2):
        assert record.retry(record.trials()[-1], "the worker died")
        Crashed(record, tracker, spool).settle()
        crashed = Crashed(record, tracker, spool)
    assert not record.retry(record.trials()[-1], "the worker died")
    assert (record.counted, waiting(record)) == (1, [])
    assert crashed.trial.user_attrs["attempt"] == 5
    assert "tried 5 times" in record.trials()[-1].user_attrs["reason"]


def test_reconciling_twice_changes_nothing(crashed: Crashed, record: Record) -> None:
    crashed.run()
    crashed.settle()
    before = [(trial.number, trial.state) for trial in record.trials()]
    assert crashed.settle() == (0, 0)
    assert [(trial.number, trial.state) for trial in record.trials()] == before


def test_one_whose_result_lies_there_goes_on_and_its_run_has_failed(crashed: Crashed) -> None:
    run_id = crashed.run()
    crashed.spool.parcel("trial-0").keep({"pruned": 3})
    assert crashed.settle() == (1, 0)
    assert crashed.state == TrialState.RUNNING
    assert crashed.status(run_id) == "FAILED"
    assert waiting(crashed.record) == []
    crashed.spool.parcel("trial-0").drop()
    assert crashed.settle() == (0, 1)
    assert len(waiting(crashed.record)) == 1
