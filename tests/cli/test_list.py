"""Every study at a glance, whatever has become of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kdorch.search.frames import open_trials
from kdorch.search.home import Folder, Home
from kdorch.search.journal import open_journal
from kdorch.search.sampling import suggest
from kdorch.study import Study
from kdorch.study.space import space

TEACHER = {"facts": {"validation": {"accuracy": 0.9}, "params": 100}}
Tree = Callable[..., dict[str, Any]]


@pytest.fixture
def begin(tree: Tree, tmp_path: Path) -> Callable[..., Folder]:
    """A study with some trials that are told without being trained."""

    def make(name: str, trials: int, **record: Any) -> Folder:
        study, folder = Study(**tree(name=name)), Home(tmp_path / ".kdorch").study(name)
        folder.write({"study": study.tree(), "trials": 4, "words": [str(tmp_path / f"{name}.yaml")]} | record)
        for number in range(trials):
            searched = open_trials(open_journal(folder.journal), study)
            trial = searched.ask()
            suggest(trial, space(study))
            metrics = {"val/accuracy": 0.5 + number / 10, "size/params": 10 + number}
            for key, value in {"metrics": metrics, "run_id": "abc", "weights": "def"}.items():
                trial.set_user_attr(key, value)
            searched.tell(trial.number, list(metrics.values()))
        return folder

    return make


def listed(kdorch: Any) -> dict[str, dict[str, Any]]:
    answer = kdorch("study", "list", "--json")
    assert answer.code == 0, answer.errors
    return {study["name"]: study for study in json.loads(answer.output)["studies"]}


def test_an_empty_home_says_how_to_begin(kdorch: Any, tmp_path: Path) -> None:
    answer = kdorch("--home", "a home", "study", "list")
    assert answer.output.splitlines() == [
        "No study was run in a home yet.",
        "Next: kdorch --home 'a home' study run FILE",
    ]
    assert listed(kdorch) == {}
    assert list(tmp_path.iterdir()) == []


def test_each_state_is_told(begin: Callable[..., Folder], kdorch: Any) -> None:
    begin("none", 0)
    begin("half", 2, teacher={}, tracking="the project directory")
    begin("whole", 4, teacher={}, concluded=True)
    (begin("torn", 1).path / "study.json").write_text("{")
    with begin("fresh", 0).claim(), begin("busy", 1, teacher={}).claim():
        found = listed(kdorch)
    states = {name: study["state"] for name, study in found.items()}
    assert states == {
        "none": "no result",
        "half": "interrupted",
        "whole": "complete",
        "torn": "broken",
        "fresh": "preparing",
        "busy": "running",
    }
    half = found["half"]
    assert (half["done"], half["total"], half["front"], half["best"]) == (2, 4, 2, 0.6)
    assert found["busy"]["holder"].startswith(f"process {os.getpid()} on ")
    assert "study.json is broken" in found["torn"]["problem"]
    lines = kdorch("study", "list").output.splitlines()
    assert lines[0].split() == [
        "study",
        "state",
        "trials",
        "front",
        "confirmed",
        "best",
        "active",
        "tracked",
        "in",
    ]
    assert any(line.split()[:6] == ["half", "interrupted", "2/4", "2", "0", "val/accuracy"] for line in lines)


def test_the_process_that_was_killed_runs_it_no_more(begin: Callable[..., Folder], kdorch: Any) -> None:
    folder = begin("half", 1)
    code = "import os, sys; from kdorch.search.home import Folder; from pathlib import Path\n"
    code += "with Folder(Path(sys.argv[1])).claim(): os.kill(os.getpid(), 9)"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run([sys.executable, "-c", code, str(folder.path)], env=environment, check=False)
    assert listed(kdorch)["half"]["state"] == "interrupted"
    assert folder.abandoned() is not None


def test_looking_changes_nothing(begin: Callable[..., Folder], kdorch: Any, tmp_path: Path) -> None:
    begin("half", 2, teacher=TEACHER)
    begin("none", 0)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    listed(kdorch)
    kdorch("study", "show", "none")
    kdorch("study", "show", "half")
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {path for path in after if before.get(path) != after[path]} == set()


@pytest.mark.parametrize(
    ("trials", "record", "told", "then"),
    [
        (0, {}, "The study is without a result: 0 of 4", "study run tiny.yaml --set train.epochs=2"),
        (
            2,
            {"teacher": TEACHER},
            "The study is interrupted: 2 of 4",
            "study run tiny.yaml --set train.epochs=2",
        ),
    ],
)
def test_show_of_an_unfinished_study_says_how_to_go_on(
    trials: int, record: Any, told: str, then: str, begin: Any, kdorch: Any, tmp_path: Path
) -> None:
    words = [str(tmp_path / "tiny.yaml"), "--set", "train.epochs=2"]
    begin("tiny", trials, words=words, **record)
    answer = kdorch("study", "show", "tiny")
    assert (answer.code, answer.errors) == (0, "")
    assert f"\n{told} trials are done.\nNext: kdorch {then}\n" in answer.output


def test_show_of_a_running_study_says_who_runs_it(begin: Any, kdorch: Any) -> None:
    with begin("tiny", 0).claim():
        answer = kdorch("study", "show", "tiny")
    assert f"The study is being prepared by process {os.getpid()} on " in answer.output
    assert answer.output.endswith("Next: kdorch study show tiny\n")
