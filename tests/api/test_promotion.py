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
REFUSED = """
import sys
from kdorch.cli import main
try:
    main()
finally:
    print("with torch" if "torch" in sys.modules else "without torch", file=sys.stderr)
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
    shown, _, ending = version.description.partition("\n\n… (shortened")
    assert promoted.card.startswith(shown)
    assert len(shown) > 4000 or not ending
    stored = urlsplit(client.get_logged_model(promoted.model_id).artifact_location).path
    assert Path(stored, "card.md").read_text() == promoted.card

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
        results.explain(),
        results.verdicts[chosen].sentence,
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
        results.record["data"]["digest"],
        "torch",
    ):
        assert told in card, told


def test_results_by_class_are_those_of_the_validation_rows(results: kdorch.Results) -> None:
    promoted = kdorch.promote(results, model="digits-student")
    data = Path(results.record["data"]["path"]) / "validation"
    targets = np.load(data / "targets.npy")
    rows = re.findall(r"\| `(\d)` \| (\d+) \| ([\d.]+) \| ", promoted.card)
    assert {int(label): int(count) for label, count, _ in rows} == {
        label: int((targets == label).sum()) for label in range(10)
    }
    run = connect(local_uri(results.home.path)).get_model_version("digits-student", "1").run_id
    (shipped,) = results.confirmed[results.confirmed["run_id"] == run]["val/accuracy"]
    hit = sum(float(recall) * int(count) for _, count, recall in rows) / len(targets)
    assert hit == pytest.approx(shipped, abs=1e-3)
    assert [float(recall) for *_, recall in rows] == sorted(float(recall) for *_, recall in rows)


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


def promoting(results: kdorch.Results, cli: Any) -> Any:
    """Return what runs ``kdorch promote`` to the champion of ``digits-student``."""
    home = ("--home", str(results.home.path), "promote", results.name)
    return lambda *words: cli(*home, "--model", "digits-student", "--alias", "champion", *words)


def versions(results: kdorch.Results) -> dict[int, Any]:
    client = connect(local_uri(results.home.path))
    found = client.search_model_versions("name = 'digits-student'")
    return {
        int(version.version): client.get_model_version(version.name, version.version) for version in found
    }


def change_tags(results: kdorch.Results, **tags: str) -> None:
    """Let the first version say other things of itself."""
    client = connect(local_uri(results.home.path))
    for tag, value in tags.items():
        client.set_model_version_tag("digits-student", "1", f"kdorch.{tag}", value)


def record_as(results: kdorch.Results, trial: int) -> None:
    """Let the first version have tested as a trial did, so that of the two nothing but the size differs."""
    standing = json.loads(versions(results)[1].tags["kdorch.standing"])
    standing["values"]["test/accuracy"] = list(results.confirmed_of(trial)["test/accuracy"])
    standing["weights"] = ["ab", "cd"]  # of others, whose rows the ledger here does not have
    change_tags(results, standing=json.dumps(standing))


def test_a_place_is_taken_from_the_beaten_alone(
    results: kdorch.Results, cli: Any, clean: dict[str, str]
) -> None:
    promote = promoting(results, cli)
    small, large = (int(trial) for trial in results.eligible["trial"])
    assert promote("--trial", str(small)).returncode == 0
    again = promote("--trial", str(small))
    assert again.returncode == 0
    assert "Version 1 of digits-student is this very student, and has the alias already.\n" in again.stdout
    assert versions(results).keys() == {1}

    record_as(results, large)
    refused = promote("--trial", str(large))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert (
        f"error: Trial {large} does not beat version 1 of 'digits-student', which has the alias"
        in refused.stderr
    )
    assert re.search(r"test/accuracy [+-]0\.\d{4} \(.* to .*\), which may be chance", refused.stderr)
    assert '--force "REASON"' in refused.stderr
    assert versions(results).keys() == {1}
    words = ("--home", str(results.home.path), "promote", "tiny", "--model", "digits-student")
    command = [sys.executable, "-c", REFUSED, *words, "--alias", "champion", "--trial", str(large)]
    waited = subprocess.run(command, env=clean, capture_output=True, text=True, check=False)
    assert waited.returncode == 1
    assert waited.stderr.endswith("without torch\n")

    forced = promote("--trial", str(large), "--force", "We pay for\n the larger one.")
    assert (forced.returncode, forced.stderr) == (0, "")
    assert "It took the place of version 1 (test/accuracy" in forced.stdout
    assert 'Somebody decided that by hand: "We pay for the larger one.".' in forced.stdout
    tags = versions(results)[2].tags
    assert (tags["kdorch.forced"], tags["kdorch.previous.champion"]) == ("We pay for the larger one.", "1")
    assert versions(results)[2].aliases == ["champion"]

    back = cli("--home", str(results.home.path), "promote", "--rollback", "digits-student", "--json")
    assert json.loads(back.stdout) == {
        "name": "digits-student",
        "alias": "champion",
        "version": 1,
        "instead_of": 2,
    }
    assert versions(results)[1].aliases == ["champion"]
    further = cli("--home", str(results.home.path), "promote", "--rollback", "digits-student")
    assert (further.returncode, further.stdout) == (2, "")
    assert "version 1 of 'digits-student' came to 'champion' without one before it" in further.stderr
    returning = promote("--trial", str(large))
    assert returning.returncode == 1
    assert "This very student was version 2, which lost 'champion' again on 20" in returning.stderr
    assert versions(results).keys() == {1, 2}


def test_what_cannot_be_compared_takes_no_place(results: kdorch.Results) -> None:
    small, large = (int(trial) for trial in results.eligible["trial"])
    words = {"model": "digits-student", "alias": "champion"}
    kdorch.promote(results, trial=large, **words)
    recorded = json.loads(versions(results)[1].tags["kdorch.standing"])
    assert len(recorded["weights"]) == len(recorded["values"]["test/accuracy"]) == 2
    unconfirmed = next(int(trial) for trial in results.trials["trial"] if trial not in (small, large))
    with pytest.raises(kdorch.NotBetterError, match="it was not confirmed, so nobody knows how it tests"):
        kdorch.promote(results, trial=unconfirmed, unconfirmed=True, **words)
    for standing, told in (
        (recorded | {"data": "abc"}, r"tested on other rows \(data abc, here [0-9a-f]{12}\)"),
        (recorded | {"values": {"test/f1": [0.9, 0.9]}}, "nobody knows test/accuracy"),
        ("by hand", "nothing says how that version tested"),
    ):
        change_tags(results, standing=json.dumps(standing))
        with pytest.raises(kdorch.NotBetterError, match=told):
            kdorch.promote(results, trial=small, **words)
    assert versions(results).keys() == {1}


def test_a_smaller_one_that_is_as_good_takes_the_place(results: kdorch.Results) -> None:
    small, large = (int(trial) for trial in results.eligible["trial"])
    words = {"model": "digits-student", "alias": "champion"}
    kdorch.promote(results, trial=large, **words)
    record_as(results, small)
    promoted = kdorch.promote(results, trial=small, **words)
    assert (promoted.previous, promoted.version) == (1, 2)
    assert promoted.comparison.startswith(
        "test/accuracy +0.0000 (+0.0000 to +0.0000), which may be chance; size"
    )
    assert (
        f"It took the place of version 1 of digits-student as champion: {promoted.comparison}."
        in promoted.card
    )


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
    words: list[str], told: str, results: kdorch.Results, cli: Any
) -> None:
    done = cli("--home", str(results.home.path), "promote", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert registered(results) == []
