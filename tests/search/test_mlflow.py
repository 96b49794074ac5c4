"""What a whole study leaves in MLflow, read with MLflow's own client."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import kdorch
from kdorch.api.report import FILE, worthwhile
from kdorch.tracking.server import serve

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:The ``noload`` loader")]

TRIALS, CANDIDATES, SEEDS, EPOCHS = 6, 2, 2, 3


@pytest.fixture
def found(finished: Any, whole: Any) -> Any:
    return whole(finished.home)


def test_the_whole_study_is_in_line(found: Any) -> None:
    found.check(trials=TRIALS, confirmed=2 * CANDIDATES * SEEDS)


def test_a_study_is_one_experiment_of_flat_runs(found: Any) -> None:
    names = {experiment.name for experiment in found.client.search_experiments()}
    assert names == {"Default", "tiny"}
    assert not [run for run in found.runs if "mlflow.parentRunId" in run.data.tags]
    assert {run.data.tags["kdorch.study"] for run in found.runs} == {"tiny"}
    kinds = Counter(run.data.tags["kdorch.kind"] for run in found.runs)
    each = CANDIDATES * SEEDS
    beside = {"teacher": 1, "reference": 1, "summary": 1}
    assert kinds == {"trial": TRIALS, "confirm": each, "baseline": each, **beside}


def test_parameters_stand_under_the_paths_of_the_study(found: Any) -> None:
    trials = {trial.number: trial for trial in found.search.trials()}
    for run in found.of_kind("trial"):
        params, searched = run.data.params, trials[int(run.data.tags["kdorch.trial"])].params
        assert searched.keys() == {"student.width", "losses.kd.temperature", "train.lr"}
        assert {path: params[path] for path in searched} == {path: str(v) for path, v in searched.items()}
        assert (params["student"], params["losses.kd"], params["train.epochs"]) == ("mlp", "hinton", "3")
    (teacher,) = found.of_kind("teacher")
    assert teacher.data.params["teacher.network.width"] == "48"


def test_curves_go_by_epoch_and_finals_stand_at_step_0(found: Any) -> None:
    for run in found.of_kind("trial", "confirm", "baseline"):
        history = found.client.get_metric_history(run.info.run_id, "epoch/val/accuracy")
        assert [point.step for point in history] == [1, 2, 3]
        best = history[int(run.data.tags["kdorch.epoch"]) - 1].value
        # A run that is a model too has its finals twice: as the run's, and as the model's on this data.
        finals = found.client.get_metric_history(run.info.run_id, "val/accuracy")
        assert {final.step for final in finals} == {0}
        assert {final.value for final in finals} == {best}
        assert {
            "val/agreement",
            "val/ece",
            "size/params",
            "size/bytes",
            "cost/flops",
        } <= run.data.metrics.keys()


def test_only_the_confirmed_and_what_they_are_compared_with_have_test_results(found: Any) -> None:
    for run in found.runs:
        tested = any(name.startswith("test/") for name in run.data.metrics)
        assert tested == (run.data.tags["kdorch.kind"] in {"teacher", "reference", "confirm", "baseline"})


def test_every_run_names_the_data_by_our_digest(found: Any) -> None:
    digest = found.results.record["data"]["digest"][:12]
    for run in found.runs:
        (entry,) = run.inputs.dataset_inputs
        assert (entry.dataset.name, entry.dataset.digest) == ("digits", digest)


def test_the_front_and_the_confirmed_are_models_whose_metrics_can_be_searched(found: Any) -> None:
    dataset = {"dataset_name": "digits", "dataset_digest": found.results.record["data"]["digest"][:12]}
    order = [{"field_name": "metrics.val/accuracy", "ascending": False, **dataset}]
    models = found.client.search_logged_models([found.experiment.experiment_id], order_by=order)
    sources = {model.source_run_id: model for model in models}
    wanted = {*found.results.front["run_id"], *found.results.confirmed["run_id"]}
    assert sources.keys() == wanted
    confirmed = found.results.confirmed
    twins = set(
        confirmed[confirmed["role"] == "baseline"]["run_id"]
    )  # no loss on a teacher, so no setting of it
    values = []
    for model in models:
        loss = set() if model.source_run_id in twins else {"losses.kd.temperature"}
        (quality,) = [metric for metric in model.metrics if metric.key == "val/accuracy"]
        assert quality.dataset_digest == dataset["dataset_digest"]
        values.append(quality.value)
        assert model.params.keys() == {"student.width", "train.lr"} | loss
    assert values == sorted(values, reverse=True)


def test_the_summary_holds_the_front_as_a_table_and_as_a_picture(found: Any, tmp_path: Path) -> None:
    (summary,) = found.of_kind("summary")
    folder = Path(found.client.download_artifacts(summary.info.run_id, "", str(tmp_path)))
    files = {file.name for file in folder.iterdir()}
    page = {FILE} if worthwhile(found.results) else set()  # a busy machine may take so long
    assert files == {"front.json", "front.svg", "front.png", "verdicts.json"} | page
    table = json.loads((folder / "front.json").read_text())
    column = table["columns"].index("trial")
    assert [row[column] for row in table["data"]] == list(found.results.front["trial"])
    picture = (folder / "front.svg").read_text()
    assert "<svg" in picture
    loaded = re.findall(r'(?:href|src)="([^"]*)"|url\(([^)]*)\)', picture)
    assert all(place.startswith(("#", "data:")) for pair in loaded for place in filter(None, pair))  # offline
    assert (folder / "front.png").read_bytes().startswith(b"\x89PNG")
    note = found.experiment.tags["mlflow.note.content"]
    assert "\nTeacher: val/accuracy" in note
    assert "\nReference naive: val/accuracy" in note


def test_the_summary_holds_the_verdict(found: Any, tmp_path: Path) -> None:
    (summary,) = found.of_kind("summary")
    verdicts = found.results.verdicts
    table = json.loads(
        Path(found.client.download_artifacts(summary.info.run_id, "verdicts.json", str(tmp_path))).read_text()
    )
    column = table["columns"].index("sentence")
    assert [row[column] for row in table["data"]] == [verdict.sentence for verdict in verdicts.values()]
    chosen = verdicts[int(found.results.choose()["trial"])]
    assert summary.data.metrics["verdict/difference"] == pytest.approx(chosen.difference.mean)
    assert summary.data.metrics["verdict/low"] < summary.data.metrics["verdict/high"]
    assert summary.data.tags["kdorch.verdict"] == chosen.word
    for verdict in verdicts.values():
        assert verdict.sentence in summary.data.tags["mlflow.note.content"]


def test_the_teacher_says_what_this_study_had_to_do_for_it(found: Any) -> None:
    (teacher,) = found.of_kind("teacher")
    metrics = teacher.data.metrics
    assert {
        "teacher/epochs_trained",
        "teacher/rows_evaluated",
        "val/accuracy",
        "test/accuracy",
    } <= metrics.keys()


def test_a_reference_is_a_run_like_the_teacher_s(found: Any) -> None:
    (reference,) = found.of_kind("reference")
    assert reference.info.run_name == "reference naive"
    assert reference.data.params["references.naive"] == "sklearn"
    metrics = reference.data.metrics
    assert {"reference/epochs_trained", "reference/rows_evaluated"} <= metrics.keys()
    assert found.results.references == {
        "naive": {name: value for name, value in metrics.items() if not name.startswith("reference/")}
    }
    assert [entry["who"] for entry in found.ledger][:2] == ["teacher", "reference naive"]
    told = [text.get_text() for text in found.results.plot().axes[0].texts]
    assert any(name.startswith("naive") for name in told)


def test_the_same_on_a_server(
    home: Path, tree: Any, whole: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "server").mkdir()
    with serve(tmp_path / "server") as server:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", server.url)
        study = kdorch.Study(**tree(search={"trials": 3, "sampler": "random"}))
        results = kdorch.run(study, home=home, workers=2)
        found = whole(home, uri=server.url)
        found.check(trials=3, confirmed=2)
        promoted = kdorch.promote(results, model="toy", alias="champion")
        version = found.client.get_model_version_by_alias("toy", "champion")
        assert str(promoted.version) == str(version.version)
        assert promoted.card.startswith(version.description.partition("\n\n… (shortened")[0])
    assert not (home / "artifacts").exists()  # all of it is on the server
