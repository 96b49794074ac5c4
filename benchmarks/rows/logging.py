"""What it costs to write a trial down."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Metric, Param

from benchmarks import ours
from benchmarks.figures import Figure, compared
from benchmarks.measuring import Cost, clock, interleaved
from benchmarks.registry import Bound, Effort, row
from benchmarks.work import given
from kdorch.tracking import DatasetRecord, Tracker
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
    client = MlflowClient(f"sqlite:///{start.fresh()}/mlflow.db")
    experiment = client.create_experiment("logging", artifact_location=start.fresh().as_uri())
    epochs = start.work.train["epochs"]

    def batched(_: int) -> Cost:
        with clock() as cost:
            for number in range(_TRIALS):
                _log(tracker, number, result, weights)
        return cost.per(_TRIALS)

    def by_epoch(_: int) -> Cost:
        with clock() as cost:
            for number in range(_TRIALS):
                _log_each_epoch(client, experiment, number, epochs, weights)
        return cost.per(_TRIALS)

    found = interleaved({"kdorch": batched, "every epoch": by_epoch}, effort.rounds, warm=True)
    return [compared("", found, "kdorch", "every epoch")]


def _log(tracker: Tracker, number: int, result: dict[str, Any], weights: Path) -> None:
    run = tracker.start(f"trial-{number}", "trial", trial=number, params=_PARAMS, tags={})
    tracker.upload(run, weights)
    tracker.log(run, curves=result["curves"], finals=result["metrics"], tags={"kdorch.weights": "…"})
    tracker.end(run, "complete")


def _log_each_epoch(client: MlflowClient, experiment: str, number: int, epochs: int, weights: Path) -> None:
    run = client.create_run(experiment, run_name=f"trial-{number}").info.run_id
    client.log_batch(run, params=[Param(name, str(value)) for name, value in _PARAMS.items()])
    for epoch in range(epochs):
        now = int(time.time() * 1000)
        metrics = [Metric(name, 0.5, now, epoch) for name in ("train_loss", "val_accuracy")]
        client.log_batch(run, metrics=metrics)
    client.log_artifact(run, str(weights))
    client.set_terminated(run)
