"""What a user gets wrong is answered with what to do, exit code 2, and nothing on disk."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kdorch.search.home import Home

Write = Callable[..., Path]


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("studdy", "No such command 'studdy'. Did you mean 'study'?"),
        ("study shwo tiny", "No such command 'shwo'. Did you mean 'show'?"),
        ("study run", "Missing argument 'FILE'"),
        ("study run nowhere.yaml", "nowhere.yaml has 1 problem"),
        ("study run tinny.yaml", "Did you mean 'tiny.yaml'?"),
        ("study run .", "Studies in it: tiny.yaml."),
        ("study run tiny.yaml --trials 0", "error: trials should be at least 1, not 0. Leave it out for the"),
        ("study run tiny.yaml --trials -3", "trials should be at least 1, not -3."),
        ("study run tiny.yaml --trials 2.5", "'2.5' is not a valid integer"),
        (
            "study run tiny.yaml --timeout 0",
            "timeout should be above 0 seconds, not 0.0. Leave it out to go on",
        ),
        ("study run tiny.yaml --timeout nan", "timeout should be above 0 seconds, not nan."),
        (
            "study run tiny.yaml --workers 0",
            "workers should be at least 1, not 0. Leave it out for one per core.",
        ),
        ("study run tiny.yaml --workers two", "Invalid value for '--workers': 'two'"),
        ("study run tiny.yaml --set epochs", "write path=value, as in train.epochs=5"),
        ("study run tiny.yaml --set train.epoch=5", "there is no 'epoch' here. Did you mean 'epochs'?"),
        (
            "study check tiny.yaml --set objectives.val/acc=max",
            "objectives.val/acc (--set): nobody measures this. Did you mean 'val/accuracy'?",
        ),
        ("study show tiny", "No study 'tiny' in .kdorch. None was run yet: kdorch study run FILE."),
        ("promote tiny --model toy", "No study 'tiny' in .kdorch."),
        ("promote tiny", "Name a study, and the model to register: kdorch promote STUDY --model NAME"),
        ("promote --model toy", "Name a study, and the model to register"),
        ("promote --rollback toy", "nothing was registered in .kdorch"),
        ("promote tiny --model toy --within ''", "'' is not a share of the teacher's quality."),
        ("promote tiny --model toy --max size/params", "'size/params' is not a limit."),
        ("ui", "No study was run in .kdorch yet. Begin with: kdorch study run FILE"),
        ("--home elsewhere ui", "Begin with: kdorch --home elsewhere study run FILE"),
        ("--home tiny.yaml study show tiny", "Directory 'tiny.yaml' is a file"),
        ("plugins show loses/hinton", "Write KIND/NAME, as in loss/hinton"),
        ("plugins show loss/hintn", "Did you mean 'hinton'?"),
    ],
)
def test_a_mistake_is_explained(words: str, told: str, kdorch: Any, write: Write, tmp_path: Path) -> None:
    write()
    before = files(tmp_path)
    answer = kdorch(*shlex.split(words))
    assert answer.code == 2
    assert told in answer.errors
    assert "Traceback" not in answer.errors
    assert answer.output == ""
    assert files(tmp_path) == before


def test_check_reports_all_mistakes_at_once(kdorch: Any, write: Write, tmp_path: Path) -> None:
    write(
        student={"use": "mpl"},
        losses={"kd": {"use": "hinton", "temprature": 3}},
        train={"epochs": 0},
        limits={"size/parms": 10},
        tune={"student.width": "auto"},
    )
    before = files(tmp_path)
    answer = kdorch("study", "check", "tiny.yaml")
    assert answer.code == 2
    assert answer.errors.startswith("error: tiny.yaml has 4 problems:\n")
    for told in (
        "Did you mean 'mlp'?",
        "Did you mean 'temperature'?",
        "train.epochs",
        "Did you mean 'size/params'?",
    ):
        assert told in answer.errors
    assert files(tmp_path) == before


@pytest.mark.slow
def test_a_study_that_is_fine_is_told_so_and_what_it_will_take(
    kdorch: Any, write: Write, tmp_path: Path
) -> None:
    write("my study.yaml")
    answer = kdorch("--home", "a home", "study", "check", "my study.yaml", "--set", "train.epochs=2")
    assert (answer.code, answer.errors) == (0, "")
    fine, ahead, further = answer.output.splitlines()
    assert fine == "my study.yaml is fine: 4 trials over 3 parameters."
    assert re.fullmatch(r"It will take about .* with \d+ at once, .*: .* 4 trials and 2 to confirm .*", ahead)
    assert further == "Next: kdorch --home 'a home' study run 'my study.yaml' --set train.epochs=2"
    assert {path.name for path in (tmp_path / "a home").iterdir()} == {"store"}  # for the run


def test_a_study_that_somebody_else_runs_is_left_alone(kdorch: Any, write: Write, tmp_path: Path) -> None:
    write()
    with Home(tmp_path / "home").study("tiny").claim():
        answer = kdorch("--home", "home", "study", "run", "tiny.yaml")
    assert answer.code == 2
    assert f"error: Study 'tiny' is being run by process {os.getpid()} on" in answer.errors
    assert "Wait for it, or end it." in answer.errors


def test_the_version_is_told(kdorch: Any) -> None:
    answer = kdorch("--version")
    assert answer.code == 0
    assert "kdorch" in answer.output


def test_no_command_at_all_shows_the_help(kdorch: Any) -> None:
    answer = kdorch()
    assert "Usage: kdorch" in answer.output + answer.errors
