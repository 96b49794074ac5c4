"""Every sampler, with limits and with parameters that exist only under a choice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from kdorch.search.journal import open_journal
from kdorch.search.phases import Searching
from kdorch.search.record import Record
from kdorch.study import Study
from kdorch.study.limits import Limit

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


@pytest.mark.parametrize("method", ["tpe", pytest.param("gp", marks=pytest.mark.slow), "nsga2", "random"])
def test_every_sampler_takes_limits_and_choices(
    method: str, tree: Callable[..., dict[str, Any]], tmp_path: Path
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
        if not search.wants(0):
            break
        for _ in range(2):
            trial = record.ask()
            plan = search.plan(trial)
            metrics = measure(trial.params)
            if metrics["size/params"] > 30:
                record.constrain(trial, metrics, BOUNDS[:1])
                record.prune(trial.number, {"size/params": metrics["size/params"] - 30})
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
