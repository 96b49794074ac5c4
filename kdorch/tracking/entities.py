"""What we keep, as MLflow's entities, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, Run

from kdorch.tracking.protocol import DatasetRecord, RunRecord
from kdorch.tracking.values import Point, texts

LONGEST_PARAM = 6000  # characters MLflow stores


def dataset_input(record: DatasetRecord) -> DatasetInput:
    """Return what a run was trained on."""
    dataset = Dataset(record.name, record.digest, "kdorch", record.source, record.schema, record.profile)
    return DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])


def params_of(values: Mapping[str, Any]) -> list[Param]:
    """Return parameters; values that are too long are cut visibly."""
    return [Param(*pair) for pair in texts(values, LONGEST_PARAM).items()]


def metrics_of(points: Sequence[Point], moment: int, **link: str) -> list[Metric]:
    """Return numbers of a moment, in milliseconds since 1970, perhaps linked to a model and a dataset."""
    return [Metric(point.name, point.value, moment, point.step, **link) for point in points]


def record_of(run: Run) -> RunRecord:
    """Return a run as it is stored."""
    tags = dict(run.data.tags)
    trial = int(tags["kdorch.trial"]) if "kdorch.trial" in tags else None
    return RunRecord(
        run.info.run_id, tags["kdorch.kind"], trial, run.info.status, tags, dict(run.data.metrics)
    )
