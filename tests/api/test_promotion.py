"""From a study to the registry: exactly the student whose test result the ledger holds."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from shutil import copytree
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest

import kdorch
from kdorch.tracking.address import connect
from kdorch.tracking.database import local_uri

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:The ``noload`` loader")]

# A client that has mlflow, torch, numpy and scikit-learn, and where kdorch and Optuna cannot be imported.
CLIENT = """
import sys
sys.modules |= {"kdorch": None, "optuna": None}
import mlflow, numpy
from sklearn.datasets import load_digits
rows = numpy.load(sys.argv[2])
digits = load_digits()
logits = mlflow.pyfunc.load_model(sys.argv[1]).predict(digits.images[rows])
print((logits.argmax(-1) == digits.target[rows]).mean())
"""


@pytest.fixture
def results(finished: Any, tmp_path: Path) -> kdorch.Results:
    """A copy of the finished study, to promote from."""
    return kdorch.Results("tiny", copytree(finished.home, tmp_path / "home"))


def registered(results: kdorch.Results) -> list[str]:
    return [model.name for model in connect(local_uri(results.home.path)).search_registered_models()]


def test_what_is_served_elsewhere_tests_as_the_card_says(results: kdorch.Results, tmp_path: Path) -> None:
    promoted = kdorch.promote(results, model="digits-student", alias="champion")
    assert promoted.uri == "models:/digits-student@champion"
    uri = local_uri(results.home.path)

    client = connect(uri)
    version = client.get_model_version_by_alias("digits-student", "champion")
    seeds = results.confirmed_of(int(results.choose()["trial"]))
    shipped = seeds.loc[seeds["val/accuracy"].idxmax()]
    assert version.run_id == shipped["run_id"]
    assert version.description == promoted.card

    entries = map(json.loads, results.home.ledger.read_text().splitlines())
    (reading,) = [entry["values"] for entry in entries if entry["weights"] == shipped["weights"]]
    (stated,) = re.findall(r"test/accuracy (0\.\d{4})", promoted.card.splitlines()[2])
    assert float(stated) == pytest.approx(reading["accuracy"], abs=5e-5)

    rows = Path(results.record["data"]["path"]) / "test" / "rows.npy"
    assert len(np.load(rows)) == 360
    answer = subprocess.run(
        [sys.executable, "-I", "-c", CLIENT, promoted.uri, rows],
        env={"MLFLOW_TRACKING_URI": uri, "HOME": str(tmp_path), "PATH": ""},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert float(answer.stdout) == pytest.approx(reading["accuracy"], abs=1e-6)


def test_the_card_tells_the_whole_story(results: kdorch.Results) -> None:
    card = kdorch.promote(results, model="digits-student").card
    chosen = int(results.choose()["trial"])
    assert card.startswith(f"# tiny: trial {chosen}\n")
    for told in (
        "models:/digits-student/1",
        "mlflow models serve",
        "| this model |",
        "| teacher |",
        "| reference naive | 0.",
        "| reference naive | {use: sklearn, estimator: sklearn.naive_bayes:GaussianNB",
        "(2 seeds)",
        "same student without the teacher",
        "{use: trained, network: {use: mlp, width: 48, depth: 1}",
        "3,610",
        "hinton",
        "train.lr",
        "1,078 train, 359 validation, 360 test",
        results.record["data"]["digest"],
        "torch",
    ):
        assert told in card, told


def test_the_unconfirmed_are_refused_unless_asked_for(results: kdorch.Results) -> None:
    confirmed = set(results.confirmed["candidate"])
    other = next(int(trial) for trial in results.trials["trial"] if trial not in confirmed)
    with pytest.raises(kdorch.PromotionError, match=f"Trial {other} was not confirmed.*--unconfirmed"):
        kdorch.promote(results, model="digits-student", trial=other)
    assert registered(results) == []
    promoted = kdorch.promote(results, model="digits-student", trial=other, unconfirmed=True)
    assert "not tested" in promoted.card.splitlines()[2]
    assert registered(results) == ["digits-student"]


def test_weights_that_are_not_those_that_were_measured_are_refused(results: kdorch.Results) -> None:
    chosen = int(results.choose()["trial"])
    seeds = results.confirmed_of(chosen)
    shipped = seeds.loc[seeds["val/accuracy"].idxmax()]
    client = connect(local_uri(results.home.path))
    folder = urlsplit(client.get_run(shipped["run_id"]).info.artifact_uri).path
    stored = Path(folder, "student.safetensors")
    whole = stored.read_bytes()
    try:
        stored.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        with pytest.raises(kdorch.TrackingError, match="their digest differs"):
            kdorch.promote(results, model="digits-student")
    finally:
        stored.write_bytes(whole)
    assert registered(results) == []
