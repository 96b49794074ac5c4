"""The coordinator is killed at every step of a trial, some times over; then the study is simply run again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from killing import Point

import kdorch

pytestmark = pytest.mark.slow

TRIALS = 3  # and one confirmation with its baseline
PRUNED = {
    "train": {"epochs": 6, "batch": 64, "lr": 0.01},
    "tune": {
        "student.width": {"low": 4, "high": 24},
        "train.lr": {"low": 1e-4, "high": 3e-2, "log": True},
    },
    "search": {"trials": 14, "sampler": "random", "pruner": "optimistic"},
    "confirm": {"top": 0},
}


def write(when: str, call: int) -> Point:
    return Point("kdorch.search.home:Folder.write", when, call)


def record(name: str, when: str, call: int) -> Point:
    return Point(f"kdorch.search.record:Record.{name}", when, call)


def tracker(name: str, when: str, call: int) -> Point:
    return Point(f"kdorch.tracking.mlflow_tracker:MlflowTracker.{name}", when, call)


def ledger(when: str, call: int) -> Point:
    return Point("kdorch.search.ledger:Ledger.add", when, call)


# Each process is killed on what the one before has left. Calls are counted in each anew, all phases together.
POINTS = {
    "the teacher's run exists, the study does not; a trial is not on disk yet; half of the confirmation waits": (
        write("before", 1),
        record("ask", "after", 2),
        record("enqueue", "after", 1),
    ),
    "a trial has parameters and no run; its second run is unknown to Optuna; a confirmation is asked for": (
        tracker("write", "before", 2),
        tracker("write", "after", 1),
        record("ask", "after", 2),
    ),
    "while the journal is locked; and again": (
        Point("os:fsync", "before", 9),
        Point("os:fsync", "after", 6),
    ),
    "there are weights and no metrics; metrics and no weights; the test was read and the ledger does not know; "
    "what its rows scored is kept and the ledger does not know; the ledger knows": (
        tracker("_upload", "after", 1),
        Point("kdorch.tracking.copying:Copier._insert", "after", 1),
        ledger("before", 2),
        Point("kdorch.search.ledger:_keep", "after", 1),
        ledger("after", 1),
    ),
    "results are whole; they are salvaged; a confirmation's are whole": (
        record("tell", "before", 2),
        record("tell", "after", 1),
        record("tell", "before", 2),
    ),
    "a trial is told, its run not ended; that is put right; the last run is not ended; the summary is begun": (
        record("tell", "after", 2),
        tracker("end", "before", 2),
        tracker("end", "before", 5),
        tracker("start", "after", 1),
    ),
    "a model is half-made; it is made, and the study does not know; all is told but that it is": (
        Point("mlflow:MlflowClient.finalize_logged_model", "before", 2),
        tracker("link_model", "after", 1),
        Point("kdorch.search.run:Session._note", "before", 2),
    ),
    "a trial is not told; it is enqueued again and not failed": (
        tracker("write", "before", 2),
        Point("optuna.study:Study.enqueue_trial", "after", 1),
    ),
}


# Three trials with the teacher are told, then three without, then the confirmation of one, and of its twin.
TUNED = {
    "a trial without the teacher is not on disk yet; it has a run that Optuna does not know; it is asked for": (
        record("ask", "after", TRIALS + 1),
        tracker("write", "after", 1),
        record("ask", "after", 1),
    ),
    "its results are whole; it is told, its run not ended; that is put right": (
        record("tell", "before", TRIALS + 1),
        record("tell", "after", 2),
        tracker("end", "before", 2),
    ),
    "a trial with the teacher is lost, of a search that another one is to match; half of the twins wait": (
        tracker("write", "before", 2),
        record("enqueue", "after", 1),
        record("ask", "after", 2),
        ledger("before", 2),
    ),
}


@pytest.mark.parametrize("points", TUNED.values(), ids=TUNED)
def test_a_search_without_the_teacher_goes_on_like_the_one_with_it(
    points: tuple[Point, ...], kill: Any, whole: Any, write: Any, home: Path
) -> None:
    confirm = {"top": 1, "seeds": 1, "baseline": "tuned"}
    file = write(search={"trials": TRIALS, "sampler": "random"}, confirm=confirm)
    for point in points:
        kill(point, file)
    kdorch.run(kdorch.Study.load(file), home=home, workers=1)
    found = whole(home)
    found.check(trials=TRIALS, confirmed=2, scratch=TRIALS)
    [twin] = found.results.confirmed_of(found.results.confirmed["candidate"][0], "baseline")["twin"]
    assert twin in found.results.scratch["trial"].tolist()


@pytest.mark.parametrize("points", POINTS.values(), ids=POINTS)
def test_a_study_that_was_killed_goes_on_as_if_nothing_had_happened(
    points: tuple[Point, ...], kill: Any, whole: Any, write: Any, home: Path
) -> None:
    file = write(search={"trials": TRIALS, "sampler": "random"})
    for point in points:
        kill(point, file)
    kdorch.run(kdorch.Study.load(file), home=home, workers=1)
    whole(home).check(trials=TRIALS, confirmed=2)


def test_a_kill_while_a_proposal_is_refused(kill: Any, whole: Any, write: Any, home: Path) -> None:
    study = {"limits": {"size/params": 700}, "search": {"trials": TRIALS, "sampler": "random"}}
    file = write(**study)
    kill(record("annotate", "after", 1), file)  # the proposal is marked and not told
    kill(record("prune", "before", 2), file)  # its constraint is set, it is not marked
    kdorch.run(kdorch.Study.load(file), home=home, workers=1)
    found = whole(home)
    found.check(trials=TRIALS, confirmed=2)
    told = [trial for trial in found.search.trials() if "infeasible" in trial.user_attrs]
    assert len(told) == found.search.infeasible >= 2
    assert all("run_id" not in trial.user_attrs for trial in told)


def test_a_kill_while_one_is_given_up(kill: Any, whole: Any, write: Any, home: Path) -> None:
    file = write(**PRUNED)
    kill(record("give_up", "before", 1), file)  # logged, and not marked
    kill(record("annotate", "after", 1), file)  # marked, and not told
    kill(record("give_up", "after", 2), file)  # told, its run not ended
    kdorch.run(kdorch.Study.load(file), home=home, workers=1)
    found = whole(home)
    found.check(trials=14, confirmed=0)
    assert len(found.search.pruned()) >= 3


def test_references_are_made_ready_and_read_once_whatever_is_killed(
    kill: Any, whole: Any, write: Any, home: Path
) -> None:
    naive = {"use": "sklearn", "estimator": "sklearn.naive_bayes:GaussianNB"}
    near = {"use": "sklearn", "estimator": "sklearn.neighbors:KNeighborsClassifier"}
    study = {"search": {"trials": TRIALS, "sampler": "random"}}
    file = write(**study, references={"naive": naive})
    kill(
        tracker("start", "after", 2), file
    )  # the reference's run exists, the study does not know it is ready
    kill(ledger("before", 2), file)  # the reference has read the test rows, and the ledger does not know
    kdorch.run(kdorch.Study.load(file), home=home, workers=1)
    found = whole(home)
    found.check(trials=TRIALS, confirmed=2)
    assert [run.info.status for run in found.of_kind("reference")] == ["FINISHED"]
    assert [entry["who"] for entry in found.ledger].count("reference naive") == 1

    file = write(**study, references={"naive": naive, "near": near})
    kill(tracker("start", "after", 1), file)  # one more for a study that was complete
    kdorch.run(kdorch.Study.load(file), home=home, workers=1)
    found = whole(home)
    found.check(trials=TRIALS, confirmed=2)
    assert found.results.references.keys() == {"naive", "near"}
    assert all("test/accuracy" in metrics for metrics in found.results.references.values())
    assert [entry["who"] for entry in found.ledger].count("reference near") == 1

    kdorch.run(kdorch.Study.load(write(**study)), home=home, workers=1)
    found = whole(home)
    found.check(trials=TRIALS, confirmed=2)
    assert found.results.references == {}
