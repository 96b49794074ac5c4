"""From a study to the registry: exactly the student whose test result the ledger holds."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
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


def registered(results: kdorch.Results) -> list[str]:
    return [model.name for model in connect(local_uri(results.home.path)).search_registered_models()]


def test_what_is_served_elsewhere_tests_as_the_card_says(own_results: kdorch.Results, tmp_path: Path) -> None:
    promoted = kdorch.promote(own_results, model="digits-student", alias="champion")
    assert promoted.uri == "models:/digits-student@champion"
    uri = local_uri(own_results.home.path)

    client = connect(uri)
    version = client.get_model_version_by_alias("digits-student", "champion")
    seeds = own_results.confirmed_of(int(own_results.choose()["trial"]))
    shipped = seeds.loc[seeds["val/accuracy"].idxmax()]
    assert version.run_id == shipped["run_id"]
    shown, _, ending = version.description.partition("\n\n… (shortened")
    assert promoted.card.startswith(shown)
    assert len(shown) > 4000 or not ending
    stored = urlsplit(client.get_logged_model(promoted.model_id).artifact_location).path
    assert Path(stored, "card.md").read_text() == promoted.card

    entries = map(json.loads, own_results.home.ledger.read_text().splitlines())
    (reading,) = [entry["values"] for entry in entries if entry["weights"] == shipped["weights"]]
    (stated,) = re.findall(r"test/accuracy (0\.\d{4})", promoted.card.splitlines()[2])
    assert float(stated) == pytest.approx(reading["accuracy"], abs=5e-5)

    rows = Path(own_results.record["data"]["path"]) / "test" / "rows.npy"
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


def test_the_card_tells_the_whole_story(own_results: kdorch.Results) -> None:
    card = kdorch.promote(own_results, model="digits-student").card
    chosen = int(own_results.choose()["trial"])
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
        own_results.explain(),
        own_results.verdicts[chosen].sentence,
        "## Intended use\n\n- For rows of the same kind",
        "more val/accuracy and less size/params",
        "| class | rows | recall | precision |",
        "val/ece 0.",
        ", over 2 fresh seeds 0.",
        "{use: trained, network: {use: mlp, width: 48, depth: 1}",
        "3,610",
        "hinton",
        "train.lr",
        "1,078 train, 359 validation, 360 test",
        own_results.record["data"]["digest"],
        "torch",
    ):
        assert told in card, told


def test_results_by_class_are_those_of_the_validation_rows(own_results: kdorch.Results) -> None:
    promoted = kdorch.promote(own_results, model="digits-student")
    data = Path(own_results.record["data"]["path"]) / "validation"
    targets = np.load(data / "targets.npy")
    rows = re.findall(r"\| `(\d)` \| (\d+) \| ([\d.]+) \| ", promoted.card)
    assert {int(label): int(count) for label, count, _ in rows} == {
        label: int((targets == label).sum()) for label in range(10)
    }
    run = connect(local_uri(own_results.home.path)).get_model_version("digits-student", "1").run_id
    (shipped,) = own_results.confirmed[own_results.confirmed["run_id"] == run]["val/accuracy"]
    hit = sum(float(recall) * int(count) for _, count, recall in rows) / len(targets)
    assert hit == pytest.approx(shipped, abs=1e-3)
    assert [float(recall) for *_, recall in rows] == sorted(float(recall) for *_, recall in rows)


def test_the_unconfirmed_are_refused_unless_asked_for(own_results: kdorch.Results) -> None:
    confirmed = set(own_results.confirmed["candidate"])
    other = next(int(trial) for trial in own_results.trials["trial"] if trial not in confirmed)
    with pytest.raises(kdorch.PromotionError, match=f"Trial {other} was not confirmed.*--unconfirmed"):
        kdorch.promote(own_results, model="digits-student", trial=other)
    assert registered(own_results) == []
    promoted = kdorch.promote(own_results, model="digits-student", trial=other, unconfirmed=True)
    assert "not tested" in promoted.card.splitlines()[2]
    assert registered(own_results) == ["digits-student"]


def test_weights_that_are_not_those_that_were_measured_are_refused(own_results: kdorch.Results) -> None:
    chosen = int(own_results.choose()["trial"])
    seeds = own_results.confirmed_of(chosen)
    shipped = seeds.loc[seeds["val/accuracy"].idxmax()]
    client = connect(local_uri(own_results.home.path))
    folder = urlsplit(client.get_run(shipped["run_id"]).info.artifact_uri).path
    stored = Path(folder, "student.safetensors")
    whole = stored.read_bytes()
    try:
        stored.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        with pytest.raises(kdorch.TrackingError, match="their digest differs"):
            kdorch.promote(own_results, model="digits-student")
    finally:
        stored.write_bytes(whole)
    assert registered(own_results) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--rollback", "toy", "tiny"], "--rollback takes --alias alone, not tiny."),
        (["--rollback", "toy", "--max", "size/params=1"], "--rollback takes --alias alone, not --max."),
        (["--rollback", "toy", "--trial", "0"], "--rollback takes --alias alone, not --trial."),
        (["--rollback", "toy", "--alias", ""], "alias '' cannot be used"),
        (["--rollback", "no such"], "no version of 'no such' has the alias 'champion'"),
        (["--rollback", "a/b"], "model name 'a/b' cannot be used"),
        (["tiny"], "Name a study, and the model to register"),
        (["tiny", "--model", "toy", "--alias", "champion", "--force", " "], "force (--force) is the reason"),
        (["tiny", "--model", "toy", "--force", "so"], "force (--force) is about an alias (--alias)"),
        (["tiny", "--model", "a'b", "--alias", "champion"], "cannot be used"),
        (["tiny", "--model", "toy", "--alias", "latest"], "is reserved"),
    ],
)
def test_words_that_make_no_sense_change_nothing(
    words: list[str], told: str, own_results: kdorch.Results, cli: Any
) -> None:
    done = cli("--home", str(own_results.home.path), "promote", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert registered(own_results) == []
