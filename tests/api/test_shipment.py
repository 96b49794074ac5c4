"""Only what was measured is shipped: whatever was changed, moved or deleted since is told in one sentence."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

import kdorch
from kdorch.search.home import Home
from kdorch.tracking.address import connect
from kdorch.tracking.database import local_uri

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:The ``noload`` loader")]


# It reads the plugin's own rows, for which it needs kdorch; the model does not.
CLIENT = """
import sys
import far, mlflow, numpy
columns, rows = far.Far().load(), numpy.load(sys.argv[2])
logits = mlflow.pyfunc.load_model(sys.argv[1]).predict(columns.inputs[rows])
print(columns.inputs.dtype, (logits.argmax(-1) == columns.targets[rows]).mean())
"""


def promote(own: Any, *words: str) -> Any:
    return own.kdorch("promote", "tiny", "--model", "mine", *words)


def refused(answer: Any) -> str:
    """Return the one message of a command that was refused."""
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert answer.stderr.startswith("error: ")
    assert "Traceback" not in answer.stderr
    return str(answer.stderr)


def registered(home: Path) -> list[str]:
    return [model.name for model in connect(local_uri(home)).search_registered_models()]


def test_float64_columns_near_a_milliard_are_told_apart_by_what_is_shipped(own: Any, warm: Any) -> None:
    (own.folder / "teacher.py").unlink()  # the teacher is not shipped
    answer = promote(own)
    assert (answer.returncode, answer.stderr) == (0, "")
    (rows,) = own.home.glob("store/data/*/test/rows.npy")
    environment = {"MLFLOW_TRACKING_URI": local_uri(own.home), "PYTHONPATH": own.path}
    client = warm.run("-c", CLIENT, "models:/mine/1", str(rows), env=environment)
    assert client.returncode == 0, client.stderr
    kind, accuracy = client.stdout.split()
    (stated,) = re.findall(r"test/accuracy (0\.\d{4})", answer.stdout.splitlines()[2])
    assert kind == "float64"
    assert float(accuracy) == pytest.approx(float(stated), abs=5e-5)
    assert float(accuracy) > 0.5  # by chance, it is a third


@pytest.mark.parametrize(
    ("path", "old", "new", "told"),
    [
        ("net.py", "self.first(inputs).relu()", "self.first(inputs).tanh()", "student: the code, file or version behind"),
        ("helper.py", "return nn.Linear(width, 3)", "return Warm(width, 3)", "does not score what was measured"),
        ("helper.py", "nn.Linear(width, 3)", "nn.Linear(width, 3, bias=False)", "cannot be rebuilt: RuntimeError"),
        ("helper.py", "nn.Linear(width, 3)", "nn.Linear(width, 4)", "cannot be rebuilt: student 'module' (net:Net) answers"),
        ("helper.py", "def last", "def first", "cannot be rebuilt: student 'module' (net:Net) cannot be built"),
        ("site/far.py", "- self.mean)", "- self.mean + 0.01)", "makes other inputs of the training rows"),
        ("site/far.py", ".float()", ".half()", "makes other inputs of the training rows"),
        ("site/far.py", 'buffer("deviation"', 'buffer("spread"', "preprocessing of dataset 'far' cannot be rebuilt"),
        ("site/far.py", "register(Far)", "pass", "No dataset is called 'far'"),
    ],
)  # fmt: skip
def test_code_that_changed_since_is_refused(path: str, old: str, new: str, told: str, own: Any) -> None:
    own.edit(path, old, new)
    message = refused(promote(own))
    assert told in message
    assert "Put " in message or "Did you mean" in message or "Known: " in message
    assert registered(own.home) == []


@pytest.mark.parametrize(
    ("gone", "told"),
    [
        ("net.py", "student: the code, file or version behind it has changed"),
        ("helper.py", "No module named 'helper'. The code behind it"),
        ("home/store/data/*", "cannot be read: FileNotFoundError"),
        ("home/store/data/*/preprocessing.safetensors", "cannot be read: FileNotFoundError"),
        ("home/artifacts", "cannot be fetched from MLflow: MlflowException"),
        ("home/mlflow.db", "mlflow.db is gone"),
        ("home", "No study 'tiny' in"),
    ],
)
def test_what_is_gone_is_named(gone: str, told: str, own: Any) -> None:
    for path in own.folder.glob(gone):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    message = refused(promote(own))
    assert told in message
    assert not any(own.folder.glob(gone))  # nothing is made in its place


def test_a_home_that_was_moved_is_told_where_its_weights_were(own: Any) -> None:
    moved = own.home.rename(own.folder / "moved")
    answer = own.kdorch("promote", "tiny", "--model", "mine", home=moved)
    assert "MLflow knows files by their absolute paths" in refused(answer)
    assert registered(moved) == []
    moved.rename(own.home)
    assert promote(own).returncode == 0


def test_weights_that_are_cut_short_are_refused(own: Any) -> None:
    for weights in own.home.rglob("student.safetensors"):
        weights.write_bytes(weights.read_bytes()[:100])
    assert "their digest differs" in refused(promote(own))


def test_stored_data_that_are_damaged_are_refused(own: Any) -> None:
    (state,) = own.home.rglob("preprocessing.safetensors")
    state.write_bytes(b"{}")
    assert "cannot be read: SafetensorError" in refused(promote(own))


def test_a_home_that_is_gone_by_the_time_of_the_promotion(finished: Any, tmp_path: Path) -> None:
    results = kdorch.Results("tiny", shutil.copytree(finished.home, tmp_path / "home"))
    shutil.rmtree(results.home.path)
    with pytest.raises(kdorch.ChoiceError, match="No study 'tiny'"):
        kdorch.promote(results, model="mine")
    assert not results.home.path.exists()


def test_the_commit_is_the_one_that_the_study_was_run_from(own: Any) -> None:
    folder = Home(own.home).study("tiny")
    folder.write((folder.read() or {}) | {"commit": "1a2b3c"})
    assert "- commit: `1a2b3c`" in promote(own).stdout
    own.edit("helper.py", "width, 3", "width, 3, bias=False")
    assert "is not what it was at commit 1a2b3c." in refused(promote(own))
