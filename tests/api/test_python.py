"""The same study from a file and from Python objects, in a script that guards nothing, and by ``python -c``."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import pandas as pd
import pytest

import kdorch
from kdorch.builtin.datasets import Digits
from kdorch.builtin.losses import Hinton, Supervised
from kdorch.builtin.networks import Mlp
from kdorch.builtin.teachers import Trained
from kdorch.search.observer import Observer
from kdorch.study import Confirm, Search, Train

pytestmark = pytest.mark.slow


def written_in_python() -> kdorch.Study:
    return kdorch.Study(
        name="tiny",
        data=Digits(),
        teacher=Trained(network=Mlp(width=48, depth=1), epochs=3),
        student=Mlp(),
        losses={"task": Supervised(weight=0.1), "kd": Hinton(weight=0.9)},
        train=Train(epochs=1, batch=64, lr=0.01),
        tune={
            "student.width": kdorch.Range(4, 24),
            "losses.kd.temperature": "auto",
            "train.lr": kdorch.Range(5e-3, 3e-2, log=True),
        },
        objectives={"val/accuracy": "max", "size/params": "min"},
        search=Search(trials=4, sampler="random"),
        confirm=Confirm(top=1, seeds=1),
    )


def test_objects_and_file_give_the_same_results(
    home: Path, write: Callable[..., Path], tmp_path: Path
) -> None:
    from_file = kdorch.Study.load(write())
    assert written_in_python().tree() == from_file.tree()
    other = copytree(home, tmp_path / "other")
    first = kdorch.run(from_file, home=home, workers=1)
    second = kdorch.run(written_in_python(), home=other, workers=1)
    drop = ["cost/train_seconds", "run_id"]
    pd.testing.assert_frame_equal(first.trials.drop(columns=drop), second.trials.drop(columns=drop))
    pd.testing.assert_frame_equal(first.confirmed.drop(columns=drop), second.confirmed.drop(columns=drop))


class Ear(Observer):
    def __init__(self) -> None:
        self.heard: list[str] = []

    def say(self, text: str) -> None:
        self.heard.append(text)


NETWORK = """
from torch import nn


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Flatten(), nn.Linear(64, 10))
"""

SCRIPT = """
import sys
import kdorch
print("the script begins")
results = kdorch.run(kdorch.Study.load(sys.argv[1]), home=sys.argv[2], trials=2, workers=2)
print(len(results.trials), "trials")
"""


@pytest.mark.parametrize("way", ["script", "-c"])
def test_an_unguarded_script_works(way: str, home: Path, write: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    begin = ["script.py"] if way == "script" else ["-c", SCRIPT]
    file = write(confirm={"top": 0})
    environment = {"PYTHONPATH": str(Path(kdorch.__file__).parents[1]), "PATH": ""}
    command = [sys.executable, *begin, str(file), str(home)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["the script begins", "2 trials"]


def test_a_module_beside_the_file_is_found_from_any_directory(
    home: Path, write: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / "studies").mkdir()
    elsewhere.mkdir()
    (tmp_path / "studies" / "net_beside.py").write_text(NETWORK)
    part = {"use": "module", "target": "net_beside:Net"}
    file = write("studies/tiny.yaml", student=part, tune={"train.lr": {"low": 5e-3, "high": 3e-2}})
    before = list(sys.path)
    monkeypatch.chdir(elsewhere)
    trials = kdorch.run(kdorch.Study.load(file), home=home, workers=1).trials
    assert len(trials) == 4
    monkeypatch.chdir(tmp_path)
    again = kdorch.run(kdorch.Study.load("studies/tiny.yaml"), home=home, workers=1)
    pd.testing.assert_frame_equal(again.trials, trials)
    assert sys.path == before


def test_a_timeout_begins_no_further_trial_and_the_next_run_goes_on(
    home: Path, write: Callable[..., Path]
) -> None:
    study = kdorch.Study.load(write(confirm={"top": 0}, search={"trials": 3, "sampler": "random"}))
    ear = Ear()
    with pytest.raises(kdorch.KdorchError, match="before the time was up"):
        kdorch.run(study, home=home, workers=1, timeout=1e-6, observer=ear)
    assert "the time is up after 0 of 3 trials. Run the study again for the others." in ear.heard
    assert len(kdorch.run(study, home=home, workers=1).trials) == 3


def test_a_study_whose_parts_do_not_fit_is_refused_before_anything_is_made(
    tree: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    study = kdorch.Study(**tree(objectives={"val/acuracy": "max"}))
    with pytest.raises(kdorch.StudyError, match="Did you mean 'val/accuracy'"):
        kdorch.run(study, home=tmp_path / "home")
    assert not (tmp_path / "home").exists()
