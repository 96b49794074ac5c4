"""The front as it is printed: numbers as they were searched, none of them rounded away."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kdorch.api.front import short_names
from kdorch.search.frames import open_trials
from kdorch.search.home import Home
from kdorch.search.journal import open_journal
from kdorch.search.sampling import suggest
from kdorch.study import Study
from kdorch.study.space import space

CHOICES = {
    "student": {"any": {"flat": {"use": "mlp"}, "image": {"use": "cnn"}}},
    "tune": {
        "student.flat.width": {"low": 4, "high": 64},
        "losses.kd.temperature": {"low": 2.0, "high": 2.0},
        "train.deterministic": [True, False],
    },
}
TRIALS = [  # small to large, each of them better
    {"student": "image", "losses.kd.temperature": 2.0, "train.deterministic": False},
    {"student": "flat", "student.flat.width": 64, "losses.kd.temperature": 2.0, "train.deterministic": True},
]


@pytest.fixture
def told(tree: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    """A study of two trials that are told without being trained."""
    study, folder = Study(**tree(**CHOICES)), Home(tmp_path / ".kdorch").study("tiny")
    facts = {"validation": {"accuracy": 0.9}, "params": 100_000_000}
    plain = {"validation": {"accuracy": 0.7}, "test": {"accuracy": 0.65}, "params": 0}
    references = {"linear": {"facts": plain}, "small": {"facts": facts}}
    folder.write({"study": study.tree(), "teacher": {"facts": facts}, "references": references})
    record = open_trials(open_journal(folder.journal), study)
    for params in TRIALS:
        record.study.enqueue_trial(params)
    for size in (12_345, 5_000_000):
        trial = record.ask()
        suggest(trial, space(study))
        metrics = {"val/accuracy": 0.5 + size / 1e8, "size/params": size}
        for key, value in {"metrics": metrics, "run_id": "abc", "weights": "def"}.items():
            trial.set_user_attr(key, value)
        record.tell(trial.number, list(metrics.values()))


@pytest.mark.usefixtures("told")
def test_numbers_are_shown_as_they_were_searched(kdorch: Any) -> None:
    answer = kdorch("study", "show", "tiny")
    assert answer.code == 0, answer.errors
    lines = [line.split() for line in answer.output.splitlines()]
    assert lines[5][:4] == ["0", "0.5001", "12,345", "0.012%"]
    assert lines[6][:4] == ["1", "0.5500", "5,000,000", "5.0%"]
    assert lines[7] == ["trial", "student", "width", "temperature", "deterministic"]
    assert lines[8:10] == [["0", "image", "-", "2", "false"], ["1", "flat", "64", "2", "true"]]


@pytest.mark.usefixtures("told")
def test_numbers_are_told_to_programs_as_they_were_searched(kdorch: Any) -> None:
    front = json.loads(kdorch("study", "show", "tiny", "--json").output)["front"]
    assert [repr(row["student.flat.width"]) for row in front] == ["None", "64"]
    assert [repr(row["losses.kd.temperature"]) for row in front] == ["2.0", "2.0"]
    assert [row["train.deterministic"] for row in front] == [False, True]


@pytest.mark.usefixtures("told")
def test_references_stand_beside_the_teacher(kdorch: Any) -> None:
    assert kdorch("study", "show", "tiny").output.splitlines()[1:4] == [
        "teacher: val/accuracy 0.9000, 100,000,000 parameters",
        "reference linear: val/accuracy 0.7000, test/accuracy 0.6500",
        "reference small: val/accuracy 0.9000, 100,000,000 parameters",
    ]
    references = json.loads(kdorch("study", "show", "tiny", "--json").output)["references"]
    assert references["linear"] == {"val/accuracy": 0.7, "test/accuracy": 0.65}


@pytest.mark.usefixtures("told")
def test_what_was_pruned_stands_above_with_the_epochs_it_saved(
    kdorch: Any, tree: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    study = Study(**tree(**CHOICES))
    journal = Home(tmp_path / ".kdorch").study("tiny").journal
    record = open_trials(open_journal(journal), study)
    trial = record.ask()
    suggest(trial, space(study))
    trial.set_user_attr("run_id", "abc")
    record.give_up(trial.number, {"epoch": 1, "epochs": 4})
    told = kdorch("study", "show", "tiny").output.splitlines()
    assert told[:2] == [
        "tiny: 2 trials, 2 on the front",
        "pruned: 1 of 3 trials, which saved 3 of 6 epochs",
    ]
    facts = json.loads(kdorch("study", "show", "tiny", "--json").output)
    assert (facts["trials"], facts["pruned"]) == (2, 1)


def test_headings_are_as_short_as_they_can_be() -> None:
    paths = [
        "losses.kd.weight.to",
        "losses.kd.weight.epochs",
        "train.epochs",
        "student.a.width",
        "student.b.width",
    ]
    assert short_names(paths) == ["weight.to", "weight.epochs", "epochs", "a.width", "b.width"]
