"""A study that is deleted: what goes, what stays, and a name that is free at once."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from kdorch.search.home import Home


@pytest.fixture
def mine(finished: Any, tmp_path: Path) -> Path:
    """The finished study's project directory, to be changed."""
    return Path(shutil.copytree(finished.home, tmp_path / "mine"))


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_a_new_study_takes_the_name_of_a_deleted_one(mine: Path, finished: Any, cli: Any) -> None:
    home = ("--home", str(mine))
    promoted = cli(*home, "promote", "tiny", "--model", "toy", "--json")
    assert promoted.returncode == 0, promoted.stderr
    assert json.loads(promoted.stdout)["uri"] == "models:/toy/1"
    store, ledger = files(mine / "store"), (mine / "ledger.jsonl").read_text()
    client = MlflowClient(f"sqlite:///{mine}/mlflow.db")
    experiment = client.get_experiment_by_name("tiny")
    done = cli(*home, "study", "delete", "tiny", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    for told in (
        "id 1) of 17 runs",
        "readings of test rows in",
        "registered models: toy 1",
        "the name is free",
    ):
        assert told in done.stdout
    assert done.stdout.endswith(f"Next: kdorch --home {mine} study run {finished.file}\n")
    assert Home(mine).studies() == []
    assert list((mine / "studies").iterdir()) == []
    assert (files(mine / "store"), (mine / "ledger.jsonl").read_text()) == (store, ledger)
    assert client.get_model_version("toy", "1").status == "READY"

    again = cli(*home, "study", "run", str(finished.file), "--set", "confirm.top=0")
    assert again.returncode == 0, again.stderr
    assert client.get_experiment_by_name("tiny").experiment_id != experiment.experiment_id
    command = re.search(r"To look at its runs again: (.*)", done.stdout)
    assert command
    scripts = str(Path(sys.executable).parent)
    environment = {"PATH": f"{scripts}:/usr/bin:/bin", "HOME": str(mine)}
    subprocess.run(["sh", "-c", command[1]], env=environment, check=True)
    assert client.get_experiment(experiment.experiment_id).name.startswith("tiny-deleted-")


@pytest.mark.slow
def test_nothing_is_deleted_without_a_yes(mine: Path, cold_cli: Callable[..., Any]) -> None:
    before = files(mine / "studies")
    refused = cold_cli("--home", str(mine), "study", "delete", "tiny", input="y\n")
    assert refused.returncode == 2
    assert "This goes:" in refused.stdout
    assert "study delete tiny --yes does it." in refused.stderr
    assert files(mine / "studies") == before


def test_a_study_that_runs_is_left_alone(kdorch: Any, tmp_path: Path) -> None:
    folder = Home(tmp_path / ".kdorch").study("tiny")
    folder.write({})
    with folder.claim():
        answer = kdorch("study", "delete", "tiny", "--yes")
    assert answer.code == 2
    assert "Study 'tiny' is being run by process" in answer.errors
    assert folder.read() == {}


def test_a_study_that_is_not_there_is_named(kdorch: Any, tmp_path: Path) -> None:
    Home(tmp_path / ".kdorch").study("tiny").write({})
    answer = kdorch("study", "delete", "tinny", "--yes")
    assert (answer.code, answer.output) == (2, "")
    assert "Did you mean 'tiny'?" in answer.errors
