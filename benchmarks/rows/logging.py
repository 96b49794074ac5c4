"""What it costs to write a trial down."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mlflow

from benchmarks import ours
from benchmarks.figures import Figure, compared
from benchmarks.measuring import Cost, clock, interleaved
from benchmarks.registry import Bound, Effort, row
from benchmarks.work import given
from kdorch.tracking import DatasetRecord, NewRun, Tracker
from kdorch.tracking.mlflow_tracker import open_tracker

_TRIALS = 10
_PARAMS = {"width": 32, "lr": 0.01, "temperature": 4.0, "weight": 0.9}


@row(
    8,
    "logging",
    "W2, a finished trial written to MLflow with its weights: all that kdorch logs, in its way / validation "
    "accuracy and training loss as mlflow.log_metrics after every epoch, parameters and weights; no training",
    Bound("", 0.25, 0.15),
)
def logging(effort: Effort) -> Sequence[Figure]:
    """Compare one batch a trial with a call an epoch."""
    start = given("w2")
    job = ours.jobs(start, start.work.one(), trials=1)[0]
    [(result, weights)] = ours.done(job)
    tracker = open_tracker(start.fresh(), None)
    tracker.open("logging", "", DatasetRecord("digits", "0"), identity="benchmark")
    mlflow.set_tracking_uri(f"sqlite:///{start.fresh()}/mlflow.db")
    experiment = mlflow.create_experiment("logging", artifact_location=start.fresh().as_uri())
    epochs = start.work.train["epochs"]

    def batched(_: int) -> Cost:
        with clock() as cost:
            for number in range(_TRIALS):
                _log(tracker, number, result, weights)
        return cost.per(_TRIALS)

    def by_epoch(_: int) -> Cost:
        with clock() as cost:
            for number in range(_TRIALS):
                _log_each_epoch(experiment, number, epochs, weights)
        return cost.per(_TRIALS)

    try:
        found = interleaved({"kdorch": batched, "every epoch": by_epoch}, effort.rounds, warm=True)
    finally:
        mlflow.set_tracking_uri(None)
        os.environ.pop("MLFLOW_TRACKING_URI", None)  # where studies of other rows would go
    return [compared("", found, "kdorch", "every epoch")]


def _log(tracker: Tracker, number: int, result: dict[str, Any], weights: Path) -> None:
    facts = {f"kdorch.{fact}": str(result[fact]) for fact in ("epoch", "digest", "placement")}
    run = NewRun(
        f"trial-{number}",
        "trial",
        trial=number,
        params=_PARAMS,
        tags=facts,
        curves=result["curves"],
        finals=result["metrics"],
        files=[weights],
    )
    [run_id] = tracker.write([run])
    tracker.end({run_id: "complete"})


def _log_each_epoch(experiment: str, number: int, epochs: int, weights: Path) -> None:
    """Log as the hand-written script does, and most of what is written about MLflow."""
    with mlflow.start_run(experiment_id=experiment, run_name=f"trial-{number}"):
        mlflow.log_params(_PARAMS)
        for epoch in range(epochs):
            mlflow.log_metrics({"train_loss": 0.5, "val_accuracy": 0.5}, step=epoch)
        mlflow.log_artifact(str(weights))
