"""A run that is written in one transaction is, for everybody who asks MLflow, like one of its client's."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from mlflow import MlflowClient
from mlflow.entities import Run

from kdorch.errors import TrackingError
from kdorch.tracking.mlflow_tracker import MlflowTracker, open_tracker
from kdorch.tracking.protocol import DatasetRecord, NewRun

BEGAN = 1_700_000_000.5
CURVES = {"val/accuracy": [0.5, 0.9, 0.7], "grad": [0.5, None, 0.25], "late": [None, 2.0]}
FINALS = {"val/accuracy": 0.9, "size/params": 310.0, "lost": float("inf")}


@pytest.fixture
def tracker(home: Path, study: str, dataset: DatasetRecord) -> MlflowTracker:
    found = open_tracker(home, None)
    found.open(study, "", dataset, identity="1")
    return found


@pytest.fixture
def client(tracker: MlflowTracker) -> MlflowClient:
    return MlflowClient(tracker.uri)


@pytest.fixture
def write(tracker: MlflowTracker, tmp_path: Path) -> Any:
    weights = tmp_path / "student.safetensors"
    weights.write_bytes(b"weights")

    def call(*trials: int, **fields: Any) -> list[str]:
        default: dict[str, Any] = {
            "params": {"student.width": 8, "train.lr": 0.1, "long": "x" * 7000, "tree": {"a": [1, None]}},
            "tags": {"kdorch.values": "[0.9, 310.0]", "long": "y" * 9000},
            "began": BEGAN,
            "curves": CURVES,
            "finals": FINALS,
            "files": [weights],
        }
        return tracker.write(
            [NewRun(f"tiny-{trial:04d}", "trial", trial, **{**default, **fields}) for trial in trials]
        )

    return call


def plain(client: MlflowClient, run: Run) -> dict[str, Any]:
    """Return all that MLflow says of a run, less its own name, number and the moment when it was written."""
    tags = {
        key: "" if key in ("kdorch.trial", "mlflow.runName") else value
        for key, value in run.data.tags.items()
    }
    info = {
        key: value
        for key, value in dict(run.info).items()
        if key not in ("run_id", "run_uuid", "run_name", "end_time")
    }
    for key, value in info.items():
        info[key] = value.replace(run.info.run_id, "RUN") if isinstance(value, str) else value
    return {
        "info": info,
        "params": run.data.params,
        "tags": tags,
        "metrics": run.data.metrics,
        "curves": {
            name: [(point.step, point.value) for point in client.get_metric_history(run.info.run_id, name)]
            for name in run.data.metrics
        },
        "inputs": [each.to_dictionary() for each in run.inputs.dataset_inputs],
        "files": [entry.path for entry in client.list_artifacts(run.info.run_id)],
    }


def copied(tracker: MlflowTracker, run_id: str) -> bool:
    assert tracker._copier is not None
    return run_id in tracker._copier._open


def test_it_is_like_one_that_the_client_wrote(
    tracker: MlflowTracker, client: MlflowClient, write: Any
) -> None:
    runs = [*write(1, 2), *write(3), *write(4, 5)]
    assert [copied(tracker, run) for run in runs] == [False, True, True, True, True]
    for ended in (False, True):
        first, *others = (plain(client, client.get_run(run)) for run in runs)
        assert others == 4 * [first]
        assert first["info"]["status"] == ("FINISHED" if ended else "RUNNING")
        assert first["curves"]["epoch/grad"] == [(1, 0.5), (3, 0.25)]
        if not ended:
            tracker.end({runs[0]: "complete", runs[1]: "complete"})
            tracker.end(dict.fromkeys(runs[2:], "complete"))
    ends = [client.get_run(run).info.end_time for run in runs]
    assert max(ends[:2]) <= min(ends[2:])
    assert min(ends) > 1000 * BEGAN


def test_what_searches_and_deletes_finds_it(tracker: MlflowTracker, client: MlflowClient, write: Any) -> None:
    _, run = write(1, 2)
    experiment = client.get_run(run).info.experiment_id
    wanted = "metrics.`size/params` = 310 AND params.`train.lr` = '0.1' AND tags.`kdorch.trial` = '2'"
    assert [each.info.run_id for each in client.search_runs([experiment], wanted)] == [run]
    tracker.log(run, curves={}, finals={"later": 1.0}, tags={"later": "yes"})
    assert client.get_run(run).data.metrics["later"] == 1.0
    client.delete_run(run)
    assert [each.trial for each in tracker.runs()] == [1]


@pytest.mark.parametrize("fields", [{"finals": {"a/../b": 1.0}}, {"params": {"bad?": 1}}], ids=str)
def test_what_mlflow_would_refuse_is_refused_as_before(
    tracker: MlflowTracker, write: Any, fields: Any
) -> None:
    write(1)
    with pytest.raises(TrackingError):
        write(2, **fields)


def test_a_deleted_experiment_takes_no_more_runs(client: MlflowClient, write: Any) -> None:
    client.delete_experiment(client.get_run(*write(1)).info.experiment_id)
    with pytest.raises(TrackingError, match="must be in the 'active' state"):
        write(2)


@pytest.fixture
def newer(tracker: MlflowTracker) -> Iterator[None]:
    """Have the database refuse a metric, as it would refuse rows that lack a column."""
    with closing(sqlite3.connect(unquote(tracker.uri.removeprefix("sqlite:///")))) as database:
        refuse = "WHEN NEW.key = 'refused' BEGIN SELECT RAISE(ABORT, 'newer'); END"
        database.execute(f"CREATE TRIGGER newer BEFORE INSERT ON metrics {refuse}")
        yield
        database.execute("DROP TRIGGER newer")


@pytest.mark.usefixtures("newer")
def test_what_the_database_refuses_is_left_to_the_client(
    tracker: MlflowTracker, study: str, write: Any
) -> None:
    write(1)
    assert copied(tracker, *write(2))
    with pytest.raises(TrackingError, match="newer"):
        write(3, finals={"refused": 1.0})
    assert {each.trial for each in tracker.runs()} == {1, 2, 3}
    assert len(list((Path(tracker.artifacts or "") / study).iterdir())) == 3
