"""What every tracker does, whatever is behind it."""

from __future__ import annotations

from pathlib import Path

import pytest
from memory_tracker import MemoryTracker

from kdorch.errors import TrackingError
from kdorch.tracking import DatasetRecord, NewRun, Outcome, RunRecord, Tracker
from kdorch.tracking.mlflow_tracker import open_tracker


@pytest.fixture(params=["memory", "sqlite", pytest.param("http", marks=pytest.mark.slow)])
def tracker(request: pytest.FixtureRequest, study: str, dataset: DatasetRecord) -> Tracker:
    tracker: Tracker = MemoryTracker()
    if request.param != "memory":
        uri = request.getfixturevalue("server").url if request.param == "http" else None
        tracker = open_tracker(request.getfixturevalue("home"), uri)
    tracker.open(study, "note", dataset, identity="1")
    return tracker


def begin(tracker: Tracker, trial: int = 0) -> str:
    return tracker.start(f"trial-{trial}", "trial", trial=trial, params={"train.lr": 0.1}, tags={"mine": "1"})


def the_run(tracker: Tracker) -> RunRecord:
    (run,) = tracker.runs()
    return run


def test_a_run_that_started_is_running_and_says_what_it_is(tracker: Tracker, study: str) -> None:
    run_id = begin(tracker, trial=3)
    run = the_run(tracker)
    assert (run.run_id, run.kind, run.trial, run.status, run.metrics) == (run_id, "trial", 3, "RUNNING", {})
    ours = {"study": study, "identity": "1", "kind": "trial", "trial": "3"}
    expected = {f"kdorch.{name}": value for name, value in ours.items()} | {"mine": "1"}
    assert run.tags.items() >= expected.items()


def test_runs_that_are_over_may_be_written_at_once(tracker: Tracker, tmp_path: Path) -> None:
    file = tmp_path / "weights"
    file.write_text("weights")
    runs = [
        NewRun(
            f"trial-{trial}",
            "trial",
            trial=trial,
            params={"train.lr": 0.1},
            tags={"values": "[0.9]"},
            began=1e9 + trial,
            curves={"x": [0.5, None, 0.7], "y": [float("nan")]},
            finals={"x": 0.9, "number": float(trial)},
            files=[file],
        )
        for trial in range(4)
    ]
    assert tracker.write([]) == []
    ids = [
        each for lot in (runs[:2], runs[2:]) for each in tracker.write(lot)
    ]  # the first one may be otherwise
    found = tracker.runs()
    assert [(run.run_id, run.trial) for run in found] == list(zip(ids, range(4), strict=True))
    for run in found:
        wanted = {"x": 0.9, "epoch/x": 0.7, "number": run.trial}
        assert (run.status, run.metrics) == ("RUNNING", wanted)
        assert (run.tags["values"], run.tags["kdorch.nonfinite"]) == ("[0.9]", "epoch/y")
    tracker.end({ids[0]: "complete"})
    tracker.end({ids[1]: "failed", ids[2]: "complete", ids[3]: "pruned"})
    assert [run.status for run in tracker.runs()] == ["FINISHED", "FAILED", "FINISHED", "KILLED"]


def test_a_run_may_belong_to_no_trial(tracker: Tracker) -> None:
    tracker.start("teacher", "teacher", trial=None, params={}, tags={})
    run = the_run(tracker)
    assert (run.kind, run.trial) == ("teacher", None)
    assert "kdorch.trial" not in run.tags


def test_a_final_is_not_the_end_of_the_curve_of_the_same_name(tracker: Tracker) -> None:
    run_id = begin(tracker)
    tracker.log(
        run_id,
        curves={"val/accuracy": [0.5, 0.9, 0.7]},
        finals={"val/accuracy": 0.9},
        tags={"values": "[0.9]"},
    )
    run = the_run(tracker)
    assert run.metrics == {"val/accuracy": 0.9, "epoch/val/accuracy": 0.7}
    assert run.tags["values"] == "[0.9]"


def test_numbers_that_are_not_finite_are_left_out_by_name(tracker: Tracker) -> None:
    run_id = begin(tracker)
    curves = {"train/loss": [1.0, float("inf"), float("nan")], "val/loss": [1.0]}
    tracker.log(run_id, curves=curves, finals={"val/kl": float("nan"), "size/params": 5}, tags={})
    run = the_run(tracker)
    assert run.metrics == {"epoch/train/loss": 1.0, "epoch/val/loss": 1.0, "size/params": 5.0}
    assert run.tags["kdorch.nonfinite"] == "epoch/train/loss, val/kl"


@pytest.mark.parametrize(
    ("outcome", "status"), [("complete", "FINISHED"), ("pruned", "KILLED"), ("failed", "FAILED")]
)
def test_the_outcome_is_the_status(tracker: Tracker, outcome: Outcome, status: str) -> None:
    tracker.end({begin(tracker): outcome})
    assert the_run(tracker).status == status


def test_an_ended_run_can_be_corrected(tracker: Tracker) -> None:
    run_id = begin(tracker)
    tracker.end({run_id: "failed"})
    tracker.log(run_id, curves={}, finals={"val/accuracy": 1.0}, tags={"late": "yes"})
    tracker.end({run_id: "complete"})
    run = the_run(tracker)
    assert (run.status, run.metrics, run.tags["late"]) == ("FINISHED", {"val/accuracy": 1.0}, "yes")


def test_opening_again_finds_the_runs_and_another_study_does_not(
    tracker: Tracker, study: str, dataset: DatasetRecord
) -> None:
    ids = [begin(tracker, trial) for trial in range(3)]
    tracker.open(f"{study}-other", "note", dataset, identity="2")
    assert tracker.runs() == []
    tracker.open(study, "a newer note", dataset, identity="1")
    assert {run.run_id for run in tracker.runs()} == set(ids)


def test_trials_that_have_ended_need_not_be_listed(tracker: Tracker) -> None:
    ended, pruned, running = (begin(tracker, trial) for trial in range(3))
    tracker.end({ended: "complete"})
    tracker.end({pruned: "pruned"})
    teacher = tracker.start("teacher", "teacher", trial=None, params={}, tags={})
    tracker.end({teacher: "complete"})
    assert {run.run_id for run in tracker.runs(settled=False)} == {running, teacher}
    assert {run.run_id for run in tracker.runs()} == {ended, pruned, running, teacher}


def test_files_tables_and_models_are_taken(tracker: Tracker, tmp_path: Path) -> None:
    run_id = begin(tracker)
    file = tmp_path / "front.svg"
    file.write_text("<svg/>")
    tracker.upload(run_id, file, "figures")
    tracker.table(run_id, "front", [{"trial": 0}])
    tracker.end({run_id: "complete"})
    names = ("student", "other", "student")  # the last one is there, as after a kill before it was noted
    models = [tracker.link_model(run_id, name, {"lr": 0.1}, {"val/accuracy": 0.9}) for name in names]
    assert models[0] == models[2] != models[1]


def test_an_unknown_run_is_refused(tracker: Tracker, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    unknown = "0" * 32
    with pytest.raises(TrackingError, match=unknown):
        tracker.end({unknown: "complete"})
    with pytest.raises(TrackingError, match=unknown):
        tracker.log(unknown, curves={}, finals={"a": 1.0}, tags={})
    with pytest.raises(TrackingError, match=unknown):
        tracker.upload(unknown, file)


def test_a_file_that_is_missing_is_a_tracking_error_or_says_so(tracker: Tracker, tmp_path: Path) -> None:
    with pytest.raises((TrackingError, FileNotFoundError), match=r"gone\.svg"):
        tracker.upload(begin(tracker), tmp_path / "gone.svg")


@pytest.mark.parametrize("digest", ["", "a" * 37])
def test_a_digest_must_fit(digest: str) -> None:
    with pytest.raises(TrackingError, match=f"digest has {len(digest)} characters"):
        DatasetRecord("digits", digest)
