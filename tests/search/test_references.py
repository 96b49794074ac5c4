"""Models to beat: written down like the teacher, named by their keys, and free to change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from memory_tracker import MemoryTracker

from kdorch.errors import DataError
from kdorch.search import prepare
from kdorch.search.beginning import begin
from kdorch.search.estimate import Estimate, cautions
from kdorch.search.frames import open_trials
from kdorch.search.home import Folder
from kdorch.search.journal import open_journal
from kdorch.search.logbook import note_model
from kdorch.search.models import models, placed
from kdorch.study import Study
from kdorch.tracking import DatasetRecord

Tree = Callable[..., dict[str, Any]]
NAIVE = {"use": "sklearn", "estimator": "sklearn.naive_bayes:GaussianNB"}
NEAR = {"use": "sklearn", "estimator": "sklearn.neighbors:KNeighborsClassifier"}
FACTS = {"epochs_trained": 0, "rows_evaluated": 1437, "params": 0, "validation": {"accuracy": 0.8}}


@pytest.fixture
def study(tree: Tree) -> Callable[..., Study]:
    return lambda **references: Study(**tree(references=references))


@pytest.fixture
def note(study: Any) -> Callable[..., str]:
    """Write down every model of a study, as one session does; return what is said of the last."""
    tracker = MemoryTracker()
    tracker.open("tiny", "note", DatasetRecord("digits", "abc"), identity="1")

    def session(digest: str, *, made: bool = False, **references: Any) -> str:
        found, runs = study(**references), tracker.runs()
        for model in models(found):
            entry = {"facts": FACTS, "made": made, "digest": f"{digest}{model.label}"}
            _, told = note_model(found, tracker, runs, model, entry)
        return told

    session.tracker = tracker  # type: ignore[attr-defined]
    return session


def test_each_has_one_run_however_often_the_study_is_run(note: Any) -> None:
    assert note("x", naive=NAIVE, near=NEAR, made=True) == (
        "val/accuracy 0.8000; 0 epochs trained, 1,437 rows evaluated now"
    )
    assert note("x", naive=NAIVE, near=NEAR).endswith("0 rows evaluated now")
    runs = note.tracker.runs()
    assert [(run.kind, run.tags.get("kdorch.reference"), run.status) for run in runs] == [
        ("teacher", None, "FINISHED"),
        ("reference", "naive", "FINISHED"),
        ("reference", "near", "FINISHED"),
    ]
    assert note.tracker.params[runs[1].run_id] == {
        "references.naive": "sklearn",
        "references.naive.estimator": "sklearn.naive_bayes:GaussianNB",
        "references.naive.inputs": "prepared",
        "references.naive.trust": False,
    }
    assert runs[2].metrics == {
        "val/accuracy": 0.8,
        "reference/epochs_trained": 0,
        "reference/rows_evaluated": 0,
    }


def test_another_model_under_the_same_label_has_a_run_of_its_own(note: Any) -> None:
    """A run's parameters cannot change, and would be those of the model before."""
    note("x", other=NAIVE)
    note("y", other=NEAR)
    last = note.tracker.runs()[-1]
    assert note.tracker.params[last.run_id]["references.other.estimator"] == NEAR["estimator"]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("teacher.cross_fit: 5 folds, but only 3.", "references.naive.cross_fit: 5 folds, but only 3."),
        ("teacher: a SVC has no predict_proba.", "references.naive: a SVC has no predict_proba."),
        ("the teacher's estimator fails", "references.naive: the teacher's estimator fails"),
    ],
)
def test_an_error_says_which_reference_it_is_about(study: Any, told: str, expected: str) -> None:
    teacher, reference = models(study(naive=NAIVE))
    for model, message in ((teacher, told), (reference, expected)):
        with pytest.raises(DataError) as caught, placed(model):
            raise DataError(told)
        assert str(caught.value) == message


def test_trials_go_on_with_other_references(study: Any, tmp_path: Path) -> None:
    file = tmp_path / "naive.skops"
    file.write_bytes(b"one")
    loaded = {"use": "sklearn", "file": str(file)}
    before = study(one=loaded, other=NAIVE)
    tree, sources = before.tree(), prepare.sources(before)
    assert "references.one" in sources
    file.write_bytes(b"another")
    for now in (before, study(other=NEAR), study()):
        prepare.same(now, tree)
        prepare.same_sources(now, sources)


def test_a_complete_study_is_opened_again_for_other_references(study: Any, tmp_path: Path) -> None:
    folder, file = Folder(tmp_path / "tiny"), tmp_path / "naive.skops"
    file.write_bytes(b"one")
    loaded = {"use": "sklearn", "file": str(file)}

    def again(**references: Any) -> tuple[bool, dict[str, Any]]:
        record = begin(
            study(**references), folder, open_journal(folder.journal), uri=None, folders=(), trials=1
        )
        folder.write(record | {"concluded": True, "references": {label: {} for label in references}})
        return record["concluded"], record.get("references", {})

    again()
    trials = open_trials(open_journal(folder.journal), study())
    trials.ask()
    trials.tell(0, [0.5, 100])
    assert again() == (True, {})
    assert again(one=loaded) == (False, {})
    assert again(one=loaded) == (True, {"one": {}})
    file.write_bytes(b"another")
    assert again(one=loaded) == (False, {})
    assert again() == (False, {})
    assert len(open_trials(open_journal(folder.journal), study()).complete()) == 1


def test_they_are_estimated_and_warned_of_like_the_teacher(study: Any, tmp_path: Path) -> None:
    expected = Estimate(1.5, (2.0, 2.0), trials=4, confirmations=0, workers=1, disk=10, references=3.0)
    assert "teacher 1.5 s and references 3.0 s, 4 trials" in str(expected)
    assert expected.whole(2.0) == Estimate(4.5, (2.0, 2.0), 4, 0, 1, 10).whole(2.0)
    found = study(mine={"use": "sklearn", "file": str(tmp_path / "mine.skops")}, naive=NAIVE)
    (told,) = cautions(found, {"facts": {"warnings": []}})
    assert told.startswith("the reference 'mine' was made elsewhere. If it has seen rows that are now in")
    assert told.endswith("the test split, its test score is too good.")
