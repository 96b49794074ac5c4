"""What people find in MLflow: read back through MLflow's own client, on SQLite and on a real server."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import Experiment, Run

from kdorch.errors import TrackingError
from kdorch.tracking import DatasetRecord, asking
from kdorch.tracking.mlflow_tracker import MlflowTracker, open_tracker


@pytest.fixture
def tracker(store: MlflowTracker, study: str, dataset: DatasetRecord) -> MlflowTracker:
    store.open(study, "# Digits", dataset, identity="1")
    return store


@pytest.fixture
def experiment(tracker: MlflowTracker, client: MlflowClient, study: str) -> Experiment:
    return client.get_experiment_by_name(study)


def begin(tracker: MlflowTracker, **params: object) -> str:
    return tracker.start("trial-0000", "trial", trial=0, params=params, tags={})


def test_the_page_of_a_study(
    tracker: MlflowTracker, client: MlflowClient, study: str, dataset: DatasetRecord, experiment: Experiment
) -> None:
    expected = {
        "mlflow.experimentKind": "custom_model_development",
        "mlflow.note.content": "# Digits",
        "kdorch.study": study,
    }
    assert experiment.tags.items() >= expected.items()
    tracker.open(study, "# Better", dataset, identity="1")
    assert client.get_experiment_by_name(study).tags["mlflow.note.content"] == "# Better"


def test_files_go_where_the_store_says(
    experiment: Experiment, store: MlflowTracker, home: Path, study: str
) -> None:
    expected = "mlflow-artifacts:/" if store.uri.startswith("http") else (home / "artifacts" / study).as_uri()
    assert experiment.artifact_location.startswith(expected)


def test_a_deleted_study_says_how_to_go_on(
    tracker: MlflowTracker, client: MlflowClient, study: str, dataset: DatasetRecord, experiment: Experiment
) -> None:
    client.delete_experiment(experiment.experiment_id)
    with pytest.raises(TrackingError, match=f"restore -x {experiment.experiment_id}"):
        tracker.open(study, "", dataset, identity="1")


def test_somebody_elses_experiment_is_left_alone(
    store: MlflowTracker, client: MlflowClient, study: str, dataset: DatasetRecord
) -> None:
    number = client.create_experiment(study)
    with pytest.raises(TrackingError, match="not a study of ours"):
        store.open(study, "", dataset, identity="1")
    assert "mlflow.note.content" not in client.get_experiment(number).tags


def test_another_study_of_the_same_name_is_left_alone(
    tracker: MlflowTracker, client: MlflowClient, study: str, dataset: DatasetRecord, experiment: Experiment
) -> None:
    again = MlflowTracker(tracker.uri, tracker.artifacts)
    with pytest.raises(TrackingError, match="belongs to another study of that name") as told:
        again.open(study, "", dataset, identity="2")
    number, name = re.search(r"rename -x (\d+) --new-name ([\w-]+)", str(told.value)).groups()  # type: ignore[union-attr]
    client.rename_experiment(number, name)
    again.open(study, "", dataset, identity="2")
    assert client.get_experiment_by_name(study).experiment_id != experiment.experiment_id


def test_a_home_that_was_moved_is_not_written_to_where_it_was(
    home: Path, study: str, dataset: DatasetRecord, tmp_path: Path
) -> None:
    open_tracker(home, None).open(study, "", dataset, identity="1")
    moved = shutil.copytree(home, tmp_path / "moved")
    with pytest.raises(TrackingError, match="the project directory was moved or copied"):
        open_tracker(moved, None).open(study, "", dataset, identity="1")


def test_a_run_has_its_name_settings_and_data(
    tracker: MlflowTracker, client: MlflowClient, dataset: DatasetRecord
) -> None:
    params = {"losses.kd.temperature": 4.0, "student": {"use": "mlp"}, "train.deterministic": True}
    run = client.get_run(begin(tracker, **params, note="x" * 7000))
    assert run.info.run_name == "trial-0000"
    assert run.data.params.pop("note").endswith("x… (7000 characters)")
    assert run.data.params == {
        "losses.kd.temperature": "4.0",
        "student": '{"use": "mlp"}',
        "train.deterministic": "true",
    }
    (used,) = run.inputs.dataset_inputs
    assert (used.dataset.name, used.dataset.digest, used.dataset.profile) == (
        "digits",
        "a" * 36,
        '{"num_rows": 1797}',
    )
    assert [(tag.key, tag.value) for tag in used.tags] == [("mlflow.data.context", "training")]


def test_runs_are_flat(tracker: MlflowTracker, client: MlflowClient) -> None:
    assert "mlflow.parentRunId" not in client.get_run(begin(tracker)).data.tags


def test_curves_by_epoch_finals_at_zero(tracker: MlflowTracker, client: MlflowClient) -> None:
    run_id = begin(tracker)
    tracker.log(run_id, curves={"val/loss": [3.0, 2.0, 1.0]}, finals={"val/loss": 2.0}, tags={})

    def history(name: str) -> list[tuple[int, float]]:
        return sorted((metric.step, metric.value) for metric in client.get_metric_history(run_id, name))

    assert history("epoch/val/loss") == [(1, 3.0), (2, 2.0), (3, 1.0)]
    assert history("val/loss") == [(0, 2.0)]


def test_more_than_a_batch_arrives_whole(tracker: MlflowTracker, client: MlflowClient) -> None:
    run_id = begin(tracker, **{f"p{number}": number for number in range(210)})
    curves = {f"curve{number}": [float(epoch) for epoch in range(300)] for number in range(4)}
    finals = {f"final{number}": 1.0 for number in range(20)}
    tracker.log(run_id, curves=curves, finals=finals, tags={f"tag{number}": "x" for number in range(120)})
    data = client.get_run(run_id).data
    assert len(data.params) == 210
    assert len(data.metrics) == 24
    assert len([tag for tag in data.tags if tag.startswith("tag")]) == 120
    assert len(client.get_metric_history(run_id, "epoch/curve0")) == 300


def test_tags_arrive_after_every_number(tracker: MlflowTracker, client: MlflowClient) -> None:
    """A run with its tags is taken for complete after a crash, so they must not come before the numbers."""
    run_id = begin(tracker)
    curves = {"loss": [1.0] * 1500, "not a *valid* name": [1.0]}
    with pytest.raises(TrackingError, match="valid"):
        tracker.log(run_id, curves=curves, finals={"final": 1.0}, tags={"kdorch.values": "[1.0]"})
    assert "kdorch.values" not in client.get_run(run_id).data.tags


def test_a_file_comes_back_from_its_folder(
    tracker: MlflowTracker, client: MlflowClient, tmp_path: Path
) -> None:
    run_id = begin(tracker)
    file = tmp_path / "front.svg"
    file.write_text("<svg/>")
    tracker.upload(run_id, file, "figures/last")
    tracker.upload(run_id, file)
    downloaded = client.download_artifacts(run_id, "figures/last/front.svg", str(tmp_path))
    assert Path(downloaded).read_text() == "<svg/>"
    assert [entry.path for entry in client.list_artifacts(run_id)] == ["figures", "front.svg"]


def test_a_table_is_as_mlflow_writes_it_and_is_replaced(
    tracker: MlflowTracker, client: MlflowClient, tmp_path: Path
) -> None:
    def read(run_id: str, name: str) -> object:
        return json.loads(Path(client.download_artifacts(run_id, f"{name}.json", str(tmp_path))).read_text())

    ours, theirs = begin(tracker), begin(tracker)
    tracker.table(ours, "front", [{"trial": 1}] * 5)
    tracker.table(ours, "front", [{"trial": 2, "val/accuracy": 0.5}, {"trial": 3}])
    tracker.table(ours, "confirmed", [{"trial": 2}])
    written = read(ours, "front")
    assert written == {"columns": ["trial", "val/accuracy"], "data": [[2, 0.5], [3, None]]}
    client.log_table(theirs, {"trial": [2, 3], "val/accuracy": [0.5, None]}, "front.json")
    client.log_table(theirs, {"trial": [2]}, "confirmed.json")
    assert read(theirs, "front") == written

    tag = "mlflow.loggedArtifacts"
    assert client.get_run(ours).data.tags[tag] == client.get_run(theirs).data.tags[tag]


def test_models_are_found_and_ordered_by_a_metric_on_the_data(
    tracker: MlflowTracker, client: MlflowClient, experiment: Experiment
) -> None:
    runs = [begin(tracker) for _ in range(3)]
    models = [
        tracker.link_model(
            run_id, f"trial-{number}", {"train.lr": 0.1}, {"val/accuracy": value, "bad": float("nan")}
        )
        for number, (run_id, value) in enumerate(zip(runs, (0.7, 0.9, 0.8), strict=True))
    ]
    data = [{"dataset_name": "digits", "dataset_digest": "a" * 36}]
    found = client.search_logged_models(
        [experiment.experiment_id],
        filter_string="metrics.`val/accuracy` > 0.75",
        datasets=data,
        order_by=[{"field_name": "metrics.val/accuracy", "ascending": False, **data[0]}],
    )
    assert [model.model_id for model in found] == [models[1], models[2]]
    best = found[0]
    assert (best.name, str(best.status), best.source_run_id) == ("trial-1", "READY", runs[1])
    assert best.params == {"train.lr": "0.1"}
    assert [(metric.key, metric.value) for metric in best.metrics] == [("val/accuracy", 0.9)]
    outputs = client.get_run(runs[1]).outputs.model_outputs
    assert [(output.model_id, output.step) for output in outputs] == [(models[1], 0)]
    other = [{"dataset_name": "digits", "dataset_digest": "b"}]
    assert client.search_logged_models([experiment.experiment_id], "metrics.`val/accuracy` > 0", other) == []


def test_runs_come_from_all_pages_in_order(tracker: MlflowTracker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_PAGE", 2)
    started = [tracker.start(f"t{trial}", "trial", trial=trial, params={}, tags={}) for trial in range(5)]
    assert [run.run_id for run in tracker.runs()] == started


def test_runs_that_are_not_ours_or_deleted_are_not_listed(
    tracker: MlflowTracker, client: MlflowClient, experiment: Experiment
) -> None:
    kept, deleted = begin(tracker), begin(tracker)
    client.create_run(experiment.experiment_id)
    client.delete_run(deleted)
    assert [run.run_id for run in tracker.runs()] == [kept]


def test_an_ended_run_has_an_end(tracker: MlflowTracker, client: MlflowClient) -> None:
    run_id = begin(tracker)
    tracker.end({run_id: "pruned"})
    run: Run = client.get_run(run_id)
    assert run.info.status == "KILLED"
    assert run.info.start_time <= run.info.end_time <= time.time() * 1000


def test_links(tracker: MlflowTracker, experiment: Experiment) -> None:
    page, flow = f"/#/experiments/{experiment.experiment_id}/runs", "?workflowType=machine_learning"
    own = tracker.uri if tracker.uri.startswith("http") else None
    runs, charts = "&viewStateShareKey=kdorch-runs", "&viewStateShareKey=kdorch-charts&compareRunsMode=CHART"
    assert tracker.url() == (f"{own}{page}{flow}{runs}" if own else None)
    assert tracker.url("http://host/") == f"http://host{page}{flow}{runs}"
    assert tracker.url("http://host", charts=True) == f"http://host{page}{flow}{charts}"
    assert tracker.url("http://host", run_id="r") == f"http://host{page}/r{flow}"


STUDY = """
import sys
from pathlib import Path
import kdorch.tracking
assert "mlflow" not in sys.modules and "filelock" not in sys.modules
from kdorch.tracking.mlflow_tracker import open_tracker
tracker = open_tracker(Path(sys.argv[1]), None)
tracker.open("digits", "note", kdorch.tracking.DatasetRecord("digits", "1"), identity="1")
run = tracker.start("t", "trial", trial=0, params={"a": 1}, tags={})
tracker.log(run, curves={"loss": [1.0]}, finals={"x": 1.0}, tags={"y": "z"})
tracker.upload(run, Path(__file__))
tracker.link_model(run, "student", {}, {"x": 1.0})
tracker.end({run: "complete"})
"""


@pytest.mark.slow
def test_a_whole_study_is_silent_and_leaves_nothing_behind(tmp_path: Path) -> None:
    elsewhere = tmp_path / "cwd"
    elsewhere.mkdir()
    script = tmp_path / "study.py"
    script.write_text(STUDY)
    for _ in ("on a new database", "on that database"):
        done = subprocess.run(
            [sys.executable, "-W", "always", script, tmp_path / "home"],
            cwd=elsewhere,
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(elsewhere.iterdir()) == []
