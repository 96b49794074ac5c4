"""A promoted student: what it answers elsewhere, and what the registry holds of it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
import torch

from kdorch.errors import PromotionError
from kdorch.shipping.promotion import Shipment

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader")  # MLflow, by newer SQLAlchemys
Ship = Callable[..., Shipment]


def fluent_state() -> tuple[object, ...]:
    uri = mlflow.get_tracking_uri() if mlflow.tracking.is_tracking_uri_set() else None
    return uri, os.environ.get("MLFLOW_TRACKING_URI"), mlflow.active_run(), mlflow.last_logged_model()


@pytest.fixture
def other_tracking_uri(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")  # first, so that it is restored to what it was before
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/other.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/another.db")
    yield
    mlflow.set_tracking_uri(None)


@pytest.mark.slow
def test_a_promoted_student_answers_without_kdorch(
    ship: Ship,
    promote: Any,
    store: Any,
    answer_elsewhere: Any,
    images: Any,
    capfd: pytest.CaptureFixture[str],
) -> None:
    shipment = ship(run_id=store.run_id)
    shipment.network.train()
    weights = deepcopy(shipment.network.state_dict())
    before = fluent_state()
    capfd.readouterr()

    promoted = promote(shipment, tracking_uri=store.uri, model="toys", alias="champion")

    assert capfd.readouterr() == ("", "")
    assert fluent_state() == before
    assert shipment.network.training
    assert all(torch.equal(weights[name], value) for name, value in shipment.network.state_dict().items())
    assert (promoted.name, promoted.version, promoted.uri) == ("toys", 1, "models:/toys@champion")

    shipment.network.eval()
    with torch.no_grad():
        expected = shipment.network(shipment.preprocessing(torch.from_numpy(images).float())).numpy()
    # A machine with CUDA asks for its GPU by this variable's default; the model must insist on the CPU.
    logits = answer_elsewhere(store.uri, promoted.uri, images, MLFLOW_DEFAULT_PREDICTION_DEVICE="cuda")
    np.testing.assert_allclose(logits, expected, atol=1e-5)

    version = store.client.get_model_version_by_alias("toys", "champion")
    assert (int(version.version), version.run_id) == (1, store.run_id)
    assert version.source == f"models:/{promoted.model_id}"
    assert version.description == promoted.card
    assert "models:/toys@champion" in promoted.card
    assert (version.tags["kdorch.study"], version.tags["kdorch.trial"]) == ("toys", "17")
    assert not [tag for tag in version.tags if tag.startswith(("kdorch.previous", "kdorch.underway"))]
    assert [
        output.model_id for output in store.client.get_run(store.run_id).outputs.model_outputs
    ] == store.logged()

    logged = store.client.get_logged_model(promoted.model_id)
    assert json.loads(logged.tags["mlflow.modelVersions"]) == [{"name": "toys", "version": 1}]
    files = Path(mlflow.artifacts.download_artifacts(logged.artifact_location))
    assert json.loads((files / "labels.json").read_text()) == list(shipment.labels)
    model = mlflow.models.Model.load(files)
    assert model.metadata["labels"] == list(shipment.labels)
    assert (model.model_id, model.run_id) == (promoted.model_id, store.run_id)
    assert model.signature.inputs.inputs[0].shape == (-1, 8, 8)
    assert model.signature.inputs.numpy_types() == [np.dtype("float64")]
    assert sorted(line.partition("==")[0] for line in (files / "requirements.txt").read_text().split()) == [
        "mlflow",
        "numpy",
        "torch",
    ]
    assert "+" not in (files / "requirements.txt").read_text()
    assert (files / "card.md").read_text() == promoted.card
    assert not [file.name for file in files.rglob("*.p*") if file.suffix in (".pkl", ".pth", ".pickle")]


@pytest.mark.slow
def test_pixels_stay_integers_elsewhere_too(
    ship: Ship, promote: Any, store: Any, answer_elsewhere: Any, images: Any
) -> None:
    pixels = images.astype(np.uint8)
    shipment = ship(example=pixels, run_id=store.run_id)
    promoted = promote(shipment, tracking_uri=store.uri, model="toys", alias=None)
    assert "numpy array, uint8, shape (N, 8, 8)" in promoted.card
    with torch.no_grad():
        expected = shipment.network.eval()(shipment.preprocessing(torch.from_numpy(pixels))).numpy()
    np.testing.assert_allclose(answer_elsewhere(store.uri, promoted.uri, pixels), expected, atol=1e-5)


@pytest.mark.slow
@pytest.mark.usefixtures("other_tracking_uri")
def test_a_second_promotion_moves_the_alias_and_a_failed_fourth_does_not(
    ship: Ship, promote: Any, store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fluent_state()
    monkeypatch.chdir(tmp_path)
    first = promote(
        ship(run_id=store.run_id), tracking_uri="sqlite:///mlflow.db", model="toys", alias="champion"
    )
    second = promote(ship(run_id=store.run_id), tracking_uri=store.uri, model="toys", alias=None)
    assert (first.version, second.version, second.uri) == (1, 2, "models:/toys/2")
    assert int(store.client.get_model_version_by_alias("toys", "champion").version) == 1

    words = {"tracking_uri": store.uri, "model": "toys", "alias": "champion"}
    third = promote(ship(run_id=store.run_id), previous=1, **words)
    version = store.client.get_model_version_by_alias("toys", "champion")
    assert int(version.version) == third.version == 3
    assert (third.previous, version.tags["kdorch.previous.champion"]) == (1, "1")
    assert "It took the place of version 1 of toys as champion." in third.card

    store.forbid("UPDATE ON registered_model_aliases")
    with pytest.raises(PromotionError, match="forbidden"):
        promote(ship(run_id=store.run_id), previous=3, **words)
    assert int(store.client.get_model_version_by_alias("toys", "champion").version) == 3
    assert store.registered() == {"toys": [1, 2, 3]}
    assert len(store.logged()) == 3
    assert fluent_state() == before
