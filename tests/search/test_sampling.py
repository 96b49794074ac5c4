"""Every sampler, with limits and with parameters that exist only under a choice."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.search_space import IntersectionSearchSpace
from optuna.trial import TrialState

from kdorch.search.journal import open_journal
from kdorch.search.phases import Searching
from kdorch.search.record import Record
from kdorch.search.sampling import sampler, suggest
from kdorch.spec import Choice, Range
from kdorch.study import Study
from kdorch.study.limits import Limit
from kdorch.study.space import Dimension

CHOICES = {
    "student": {"any": {"flat": {"use": "mlp"}, "image": {"use": "cnn"}}},
    "losses": {
        "task": {"use": "task", "weight": 0.1},
        "kd": {"any": {"soft": {"use": "hinton"}, "hard": {"use": "logit_mse"}}},
    },
    "tune": {
        "student.flat.width": {"low": 4, "high": 64},
        "student.flat.depth": [1, 2],
        "student.image.width": {"low": 2, "high": 16},
        "losses.kd.soft.temperature": {"low": 1.0, "high": 10.0},
        "train.lr": {"low": 1e-3, "high": 1e-1, "log": True},
    },
    "limits": {"size/params": 30, "val/accuracy": 0.2},
}
BOUNDS = [Limit("size/params", 30.0, "min"), Limit("val/accuracy", 0.2, "max")]


def measure(params: Mapping[str, Any]) -> dict[str, float]:
    size = params.get("student.flat.width", 0) + 2 * params.get("student.image.width", 0)
    return {"val/accuracy": size / 64 - abs(params["train.lr"] - 0.01), "size/params": float(size)}


@pytest.fixture
def heard() -> Iterator[list[logging.LogRecord]]:
    """What Optuna says."""
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign]
    logging.getLogger("optuna").addHandler(handler)
    yield records
    logging.getLogger("optuna").removeHandler(handler)


@pytest.mark.parametrize("method", ["tpe", pytest.param("gp", marks=pytest.mark.slow), "nsga2", "random"])
def test_every_sampler_takes_limits_and_choices_and_what_was_pruned(
    method: str, tree: Callable[..., dict[str, Any]], tmp_path: Path, heard: list[logging.LogRecord]
) -> None:
    study = Study(**tree(**CHOICES, search={"trials": 12, "sampler": method}))
    trained = []
    while True:  # a new process for every second proposal
        record = Record(
            open_journal(tmp_path / "optuna.journal"),
            "search",
            ["max", "min"],
            method=method,
            seed=study.seed,
        )
        search = Searching(study, record, study.search.trials)
        if not search.left(0):
            break
        for _ in range(2):
            trial = record.ask()
            plan = search.plan(trial)
            metrics = measure(trial.params)
            if metrics["size/params"] > 30:
                record.constrain(trial, metrics, BOUNDS[:1])
                record.prune(trial.number, {"size/params": metrics["size/params"] - 30})
            elif trial.number % 3 == 2:
                record.give_up(trial.number, {"epoch": 1, "epochs": 5})
                trained.append((trial.params, plan))
            else:
                record.constrain(trial, metrics, BOUNDS)
                record.tell(trial.number, [metrics["val/accuracy"], metrics["size/params"]])
                trained.append((trial.params, plan))
    assert len(trained) >= 12
    for params, plan in trained:
        assert ("student.flat.width" in params) == (plan.spec["student"]["use"] == "mlp")
        assert ("student.image.width" in params) == (plan.spec["student"]["use"] == "cnn")
        assert ("losses.kd.soft.temperature" in params) == (plan.spec["losses"]["kd"]["use"] == "hinton")
    assert len({tuple(sorted(params.items())) for params, _ in trained}) > len(trained) * 0.7
    assert heard == []


@pytest.mark.slow
@pytest.mark.parametrize("method", ["tpe", "gp"])
def test_what_exists_only_under_a_choice_is_searched_and_not_drawn_at_random(method: str) -> None:
    dimensions = [
        Dimension("net", "choice", Choice("a", "b")),
        Dimension("net.a.width", "float", Range(0.0, 100.0), ("net", "a")),
        Dimension("net.b.width", "float", Range(0.0, 100.0), ("net", "b")),
        Dimension("lr", "float", Range(0.0, 1.0)),
    ]
    study = optuna.create_study(direction="minimize")
    off = []
    for number in range(50):
        study.sampler = sampler(method if number >= 40 else "random", 0, number)
        trial = study.ask()
        params = suggest(trial, dimensions)
        off.append(abs(params[f"net.{params['net']}.width"] - 20.0))
        study.tell(trial, off[-1])
    assert sum(off[40:]) / 10 < 15 < sum(off[:40]) / 40


def test_a_space_that_is_handed_on_changes_no_proposal() -> None:
    dimensions = [
        Dimension("net", "choice", Choice("a", "b")),
        Dimension("net.a.width", "int", Range(4, 64, log=True), ("net", "a")),
        Dimension("lr", "float", Range(1e-3, 1e-1, log=True)),
        Dimension("fixed", "float", Range(1.0, 1.0)),
    ]
    proposed: list[list[dict[str, Any]]] = []
    for space in (None, IntersectionSearchSpace(include_pruned=True)):
        study, found = optuna.create_study(directions=["minimize", "minimize"]), []
        for number in range(0, 40, 2):  # two run at a time
            trials = []
            for each in (number, number + 1):
                study.sampler = sampler("tpe", 0, each, space)
                trials.append(study.ask())
                found.append(suggest(trials[-1], dimensions))
            study.tell(trials[0], [found[-2]["lr"], found[-2].get("net.a.width", 1)])
            study.tell(trials[1], state=TrialState.PRUNED if number % 3 else TrialState.FAIL)
        proposed.append(found)
    assert proposed[0] == proposed[1]
