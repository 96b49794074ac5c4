"""Trainings that hang, on real workers: each has its time, and so has the whole study."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from memory_tracker import MemoryTracker
from optuna.trial import TrialState

from kdorch.execution import LocalExecutor
from kdorch.search import coordinator
from kdorch.search.coordinator import Coordinator
from kdorch.search.journal import open_journal
from kdorch.search.ledger import Ledger
from kdorch.search.observer import Observer
from kdorch.search.patience import patience
from kdorch.search.phases import Searching
from kdorch.search.placement import Placement
from kdorch.search.record import Record
from kdorch.search.setting import Setting
from kdorch.search.spool import Spool
from kdorch.study import Study
from kdorch.tracking import DatasetRecord

TRIALS = 8
HOUR = 3600


@pytest.fixture
def drive(
    tree: Callable[..., dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Record]:
    """Search with trainings that all hang."""

    def search(entry: str = "hang", *, seconds: float = HOUR, stack: int = 1, within: float = HOUR) -> Record:
        monkeypatch.setattr(coordinator, "_TRAIN", f"helping:{entry}")
        study = Study(**tree(search={"trials": TRIALS, "sampler": "random"}))
        record = Record(open_journal(tmp_path / "optuna.journal"), "search", ["max", "min"])
        tracker = MemoryTracker()
        tracker.open("tiny", "", DatasetRecord("digits", "1"), identity="me")
        ledger = Ledger(tmp_path / "ledger.jsonl")
        spool = Spool(tmp_path / "spool")
        setting = Setting(study, tmp_path, {}, [], spool, ledger, 1, stack, deadline=seconds)
        here = str(Path(__file__).parent)
        with LocalExecutor(1, preload=(), sys_path=[here]) as executor:
            begun = Coordinator(Searching(study, record, TRIALS), setting, executor, tracker, Observer())
            begun.drive(time.monotonic() + within)
        return record

    return search


@pytest.mark.parametrize("stack", [1, 4])
def test_a_training_that_hangs_has_failed_at_the_first_try_and_five_end_the_search(
    drive: Any, stack: int
) -> None:
    record = drive(seconds=0.02, stack=stack)
    failed = record.trials()
    assert {trial.state for trial in failed} == {TrialState.FAIL}
    assert record.counted == len(failed) == (5 if stack == 1 else 8)
    assert {reason.partition(";")[0] for reason in record.failures()} == {
        "search.deadline: exceeded its deadline of 0.02 s"
    }
    assert record.hopeless


def test_what_others_have_left_of_the_time_says_nothing_of_a_training(drive: Any) -> None:
    reasons = drive("tell_one_and_hang", seconds=0.02, stack=2).failures()
    told = "search.deadline: exceeded its deadline of 0.02 s"  # by itself, and not what is left of two
    assert set(reasons) == {"told", told}


@pytest.mark.parametrize("stack", [1, 4])
def test_what_hangs_when_the_time_is_up_is_called_off_and_waits_to_be_done_again(
    drive: Any, monkeypatch: pytest.MonkeyPatch, stack: int
) -> None:
    monkeypatch.setattr(coordinator, "_GRACE", 0.1)
    record = drive(within=0.1, stack=stack)
    called_off, again = (record.trials(state) for state in (TrialState.FAIL, TrialState.WAITING))
    assert len(called_off) == len(again) == record.waiting == stack
    assert record.counted == 0
    for before, after in zip(called_off, again, strict=True):
        assert before.user_attrs["reason"] == "the time was up"
        assert after.user_attrs["params"] == before.params
        assert after.user_attrs["attempt"] == 1


def test_how_long_a_training_may_take(tree: Callable[..., dict[str, Any]]) -> None:
    study = Study(**tree())
    assert patience(study, ()) == 24 * HOUR
    assert patience(study, (0.1, 20.0)) == HOUR
    assert patience(study, (0.1, 2 * HOUR)) == 200 * HOUR
    own = Study(**tree(search={"trials": 4, "deadline": 90}))
    assert patience(own, (2 * HOUR,)) == 90


def test_nobody_has_measured_a_teacher_that_is_asked_in_each_training(
    tree: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    placement = Placement(seconds={"1": [1.0, 2.0]})
    for shared, hours in (({}, 1), ({"features": {"stored": "x"}}, 1), ({"features": {"teacher": {}}}, 24)):
        setting = Setting(Study(**tree()), tmp_path, shared, [], Spool(tmp_path), Ledger(tmp_path))
        assert placement.applied(setting).deadline == hours * HOUR
