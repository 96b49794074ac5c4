"""Whole studies of the other tasks: what is shipped scores, elsewhere and in own units, what its card says."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kdorch.tracking.database import local_uri

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:The ``noload`` loader")]

SMALL: dict[str, Any] = {
    "losses": {"task": {"use": "task", "weight": 0.5}, "kd": {"use": "logit_mse", "weight": 0.5}},
    "train": {"epochs": 8, "batch": 32, "lr": 0.02},
    "tune": {"student.width": {"low": 2, "high": 12}},
    "search": {"trials": 3, "sampler": "random"},
}
TEACHER = {"use": "trained", "network": {"use": "mlp", "width": 32}, "epochs": 10}
PLUGIN = """
import numpy
import kdorch
from kdorch.builtin.preprocessing import Standardize


class Tags(kdorch.Dataset, name="tags", tasks={"multilabel"}):
    def load(self):
        generator = numpy.random.default_rng(0)
        inputs = generator.normal(size=(600, 6))
        targets = inputs @ generator.normal(size=(6, 3)) + generator.normal(size=(600, 3)) > 0
        task = kdorch.Multilabel(labels=["red", "round", "ripe"])
        labelled, groups = generator.random(600) > 0.3, numpy.arange(600) // 4
        return kdorch.Columns(inputs, targets, task, labelled=labelled, groups=groups)

    def preprocess(self, inputs):
        return Standardize(inputs)


@kdorch.hookimpl
def register_datasets(register):
    register(Tags)
"""
# Only for its rows they need kdorch.
CLIENT = """
import sys
import mlflow, numpy
{load}
rows = numpy.load(sys.argv[2])
answers = mlflow.pyfunc.load_model(sys.argv[1]).predict(columns.inputs[rows])
print({score})
"""
NUMBERS = CLIENT.format(
    load="from kdorch.builtin.datasets import Diabetes\ncolumns = Diabetes().load()",
    score="numpy.abs(answers[:, 0] - columns.targets[rows]).mean()",
)
LABELS = CLIENT.format(
    load="import tags\ncolumns = tags.Tags().load()",
    score="((answers > 0) == columns.targets[rows]).mean(), columns.labelled[rows].all()",
)


def shipped(
    tmp_path: Path,
    cli: Callable[..., Any],
    warm: Any,
    tree: Callable[..., dict[str, Any]],
    client: str,
    **sections: Any,
) -> tuple[str, list[str]]:
    """Run a study and promote its knee; return the card, and what a client makes of the model."""
    file, home, site = tmp_path / "tiny.yaml", tmp_path / "home", tmp_path / "site"
    info = site / "tags-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tags\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[kdorch]\ntags = tags\n")
    (site / "tags.py").write_text(PLUGIN)
    file.write_text(json.dumps(tree(**SMALL, teacher=TEACHER, **sections)))
    path = {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), str(site)])}
    for words in (("study", "run", str(file)), ("promote", "tiny", "--model", "mine")):
        done = cli("--home", str(home), *words, environment=path)
        assert (done.returncode, done.stderr) == (0, "")
    (rows,) = home.glob("store/data/*/test/rows.npy")
    environment = os.environ | path | {"MLFLOW_TRACKING_URI": local_uri(home)}
    told = warm.run("-c", client, "models:/mine/1", str(rows), env=environment)
    assert told.returncode == 0, told.stderr
    return done.stdout, told.stdout.split()


def test_a_regression_from_its_file_to_numbers_in_own_units(
    tmp_path: Path, cli: Callable[..., Any], warm: Any, tree: Callable[..., dict[str, Any]]
) -> None:
    objectives = {"val/mae": "min", "size/params": "min"}
    metrics = ["mean_absolute_percentage_error"]
    card, (error,) = shipped(
        tmp_path, cli, warm, tree, NUMBERS, data={"use": "diabetes"}, objectives=objectives, metrics=metrics
    )
    (stated,) = re.findall(r"test/mae (\d+\.\d{4})", card)
    assert float(error) == pytest.approx(float(stated), abs=1e-4)
    assert 35 < float(error) < 60  # who always says the mean is off by 66
    assert "- Output: Numbers, in the units of the dataset. Array of shape (N, 1)." in card
    assert "- Names of the outputs: `progression`, in this order" in card


def test_several_labels_from_their_file_to_decisions(
    tmp_path: Path, cli: Callable[..., Any], warm: Any, tree: Callable[..., dict[str, Any]]
) -> None:
    """Some rows lack labels and are taught by the teacher alone; the rows are divided by group."""
    objectives = {"val/accuracy": "max", "val/auroc": "max", "size/params": "min"}
    card, (accuracy, labelled) = shipped(
        tmp_path, cli, warm, tree, LABELS, data={"use": "tags"}, objectives=objectives, metrics=["auroc"]
    )
    (stated,) = re.findall(r"test/accuracy (0\.\d{4})", card)
    assert float(accuracy) == pytest.approx(float(stated), abs=5e-5)
    assert float(accuracy) > 0.7  # by chance, it is a half
    assert labelled == "True"
    assert "- Output: Logits; the sigmoid of each gives the probability that its label is there." in card
