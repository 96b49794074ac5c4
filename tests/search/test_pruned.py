"""Trials that are given up: which bar they have to clear, and what is left of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import FrozenTrial, TrialState

import kdorch
from kdorch.search.journal import open_journal
from kdorch.search.observer import Observer
from kdorch.search.phases import Searching
from kdorch.search.pruning import Hurdle
from kdorch.search.record import Record
from kdorch.study import Study
from kdorch.study.limits import Limit

LIMITS = [Limit("val/ece", 0.1, "min")]
PRUNED = {
    "train": {"epochs": 6, "batch": 64, "lr": 0.01},
    "tune": {
        "student.width": {"low": 4, "high": 24},
        "train.lr": {"low": 1e-4, "high": 3e-2, "log": True},
    },
    "search": {"trials": 14, "sampler": "random", "pruner": "optimistic"},
    "confirm": {"top": 0},
}


class Ear(Observer):
    """Counts the trials without metrics."""

    def __init__(self) -> None:
        self.given_up = 0

    def recall(self, metrics: Mapping[str, float] | None) -> None:
        self.given_up += metrics is None

    def progress(self, phase: str, done: int, total: int, metrics: Mapping[str, float] | None) -> None:
        self.given_up += metrics is None


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(open_journal(tmp_path / "optuna.journal"), "search", ["max", "min"])


def finish(record: Record, curve: list[float] | None, params: int, ece: float = 0.0) -> None:
    trial = record.ask()
    score = curve[-1] if curve else 0.9
    metrics = {"val/accuracy": score, "size/params": params, "val/ece": ece}
    trial.set_user_attr("metrics", metrics)
    if curve:
        trial.set_user_attr("curve", curve)
    record.constrain(trial, metrics, LIMITS)
    record.tell(trial.number, [score, params])


def test_the_bar_is_what_the_record_tells(record: Record, tree: Callable[..., Any]) -> None:
    study = Study(**tree())
    hurdle = Hurdle(study, record)
    finish(record, None, 50)  # before anybody was given up
    for _ in range(3):
        finish(record, [0.5, 0.75], 100)
    assert hurdle.bar(2) is None
    finish(record, [0.5, 0.8], 10, ece=0.3)  # breaks a limit
    told = hurdle.bar(2)
    assert told is not None
    assert told["objectives"] == {"val/accuracy": "max", "size/params": "min"}
    assert [point for (point,) in [*zip(told["front"])]] == [pytest.approx([0.1, 50])]
    assert told["hope"] == pytest.approx([0.445, 1.0])
    finish(record, [0.9, 0.95], 40)
    assert hurdle.bar(2)["front"] == [pytest.approx([0.05, 40])]
    assert hurdle.bar(2) == Hurdle(study, record).bar(2) == json.loads(json.dumps(hurdle.bar(2)))


def test_a_pruner_learns_from_rounds_that_have_ended(record: Record, tree: Callable[..., Any]) -> None:
    blind = Study(**tree(search={"trials": 40, "sampler": "random"}))
    assert Searching(blind, record, 40).most(workers=2) == 40
    assert Searching(Study(**tree(**PRUNED)), record, 40).most(workers=2) == 5


def check(found: Any, trials: int) -> list[FrozenTrial]:
    """Check what is left of the trials that were given up, and return them."""
    found.check(trials=trials, confirmed=0)
    pruned: list[FrozenTrial] = found.search.pruned()
    assert {trial.state for trial in pruned} == {TrialState.PRUNED}
    own = {run.info.run_id: run for run in found.of_kind("trial")}
    for trial in pruned:
        run, epoch = own[trial.user_attrs["run_id"]], trial.user_attrs["pruned"]["epoch"]
        assert run.info.status == "KILLED"
        assert run.data.tags["kdorch.pruned"] == f"after epoch {epoch} of 6"
        assert run.data.tags["kdorch.placement"].startswith(("alone", "in a stack"))
        history = found.client.get_metric_history(run.info.run_id, "epoch/val/accuracy")
        assert [point.step for point in history] == list(range(1, epoch + 1))
        assert run.data.metrics["size/params"] > 0
        assert "val/accuracy" not in run.data.metrics
        assert not found.client.list_artifacts(run.info.run_id)
    assert found.search.counted == len(pruned) + len(found.results.trials)
    assert len(found.results.pruned) == len(pruned)
    return pruned


@pytest.mark.slow
def test_who_is_given_up_is_pruned_in_optuna_and_killed_in_mlflow(
    whole: Any, home: Path, tree: Callable[..., Any]
) -> None:
    first, again = Ear(), Ear()
    kdorch.run(Study(**tree(**PRUNED)), home=home, workers=1, observer=first)
    pruned = [trial.number for trial in check(whole(home), trials=14)]
    assert first.given_up == len(pruned) >= 3
    kdorch.run(Study(**tree(**PRUNED)), home=home, workers=2, trials=16, observer=again)
    found = whole(home)
    assert [trial.number for trial in check(found, trials=16)][: len(pruned)] == pruned
    assert again.given_up == len(found.results.pruned)  # those of before are recalled
