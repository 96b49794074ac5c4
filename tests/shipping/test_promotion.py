from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from traceback import format_exception
from typing import Any

import mlflow
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from kdorch.errors import PromotionError
from kdorch.shipping.champion import Succession
from kdorch.shipping.promotion import Shipment
from kdorch.shipping.promotion import promote as ship_it
from kdorch.shipping.registry import Registry
from kdorch.tasks.units import Units

pytestmark = pytest.mark.filterwarnings("ignore:The ``noload`` loader")  # MLflow, by newer SQLAlchemys
Ship = Callable[..., Shipment]
NOBODY = {"mark": "its mark", "succession": Succession(), "say": print}


class Branches(nn.Module):
    def forward(self, inputs: Tensor) -> Tensor:
        return inputs[:, :5] if inputs.sum() > 0 else inputs[:, 5:10]


class ExportsDifferently(nn.Module):
    def forward(self, inputs: Tensor) -> Tensor:
        return inputs[:, :5] + (1.0 if torch.compiler.is_exporting() else 0.0)


class FreezesItsBatch(nn.Module):
    def forward(self, inputs: Tensor) -> Tensor:
        rows = 3 if torch.compiler.is_exporting() else len(inputs)
        return inputs.reshape(rows, 64)[:, :5]


def forbid(store: Any, change: str) -> None:
    """Let the store's own database refuse a change, as a server without the right to it would."""
    with sqlite3.connect(store.uri.removeprefix("sqlite:///")) as database:
        database.execute(
            f"CREATE TRIGGER '{change}' BEFORE {change} BEGIN SELECT RAISE(ABORT, 'forbidden'); END"
        )
    database.close()


def permit(store: Any, change: str) -> None:
    with sqlite3.connect(store.uri.removeprefix("sqlite:///")) as database:
        database.execute(f"DROP TRIGGER '{change}'")
    database.close()


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


@pytest.mark.parametrize(
    ("model", "alias"), [("a/b", None), ("toys", "latest"), ("toys", "v2"), ("", "champion")]
)
def test_bad_names_are_refused_before_any_work(
    ship: Ship, tmp_path: Path, model: str, alias: str | None
) -> None:
    with pytest.raises(PromotionError, match=r"cannot be used|reserved"):
        ship_it(ship(), tracking_uri=f"sqlite:///{tmp_path}/new.db", model=model, alias=alias, **NOBODY)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"example": np.zeros((6, 8, 8))}, "at least 7 numeric rows"),
        ({"example": np.array(["a"] * 7)}, "at least 7 numeric rows"),
        ({"labels": ("a", "b")}, "2 names for 5 outputs"),
        ({"preprocessing": nn.Identity()}, "does not run on the example rows: RuntimeError"),
    ],
)
def test_a_shipment_that_does_not_fit_is_refused_before_any_work(
    ship: Ship, tmp_path: Path, changes: dict[str, Any], complaint: str
) -> None:
    uri = f"sqlite:///{tmp_path}/new.db"
    with pytest.raises(PromotionError, match=complaint):
        ship_it(ship(**changes), tracking_uri=uri, model="toys", alias=None, **NOBODY)
    assert not list(tmp_path.iterdir())


def test_a_run_that_does_not_exist_is_named(ship: Ship, promote: Any, store: Any) -> None:
    with pytest.raises(PromotionError, match=r"MLflow refused to take model 'toys'.*no such run"):
        promote(ship(), tracking_uri=store.uri, model="toys", alias=None)
    assert store.registered() == {}


def test_a_student_that_cannot_be_exported_leaves_nothing(
    ship: Ship, promote: Any, store: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    shipment = ship(Branches(), run_id=store.run_id)
    capfd.readouterr()
    with pytest.raises(PromotionError, match=r"cannot be exported[\s\S]*must not branch on values"):
        promote(shipment, tracking_uri=store.uri, model="toys", alias="champion")
    assert store.registered() == {}
    assert store.logged() == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "complaint"),
    [
        (ExportsDifferently(), "differs from the student by up to 1 at batch size 1"),
        (FreezesItsBatch(), r"does not run in a process without kdorch \(exit status 1\)[\s\S]*Error"),
    ],
)
def test_a_student_whose_export_answers_differently_leaves_nothing(
    ship: Ship, promote: Any, store: Any, network: nn.Module, complaint: str
) -> None:
    with pytest.raises(PromotionError, match=complaint):
        promote(ship(network, run_id=store.run_id), tracking_uri=store.uri, model="toys", alias="champion")
    assert store.registered() == {}
    assert store.logged() == []


@pytest.mark.slow
def test_a_program_that_comes_back_changed_is_not_loaded(
    ship: Ship, promote: Any, store: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    log = Registry.log_model

    def tamper(registry: Registry, *arguments: Any) -> str:
        model_id = log(registry, *arguments)
        (program,) = (tmp_path / "artifacts").rglob("model.pt2")
        program.write_bytes(program.read_bytes() + b"0")  # a zip archive all the same
        return model_id

    monkeypatch.setattr(Registry, "log_model", tamper)
    with pytest.raises(PromotionError, match=r"data/model\.pt2 is not what was uploaded"):
        promote(ship(run_id=store.run_id), tracking_uri=store.uri, model="toys", alias=None)
    assert store.registered() == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        "INSERT ON registered_model_aliases",
        "INSERT ON model_versions",
        "UPDATE OF description ON model_versions",
    ],
)
def test_a_refusal_by_the_registry_leaves_nothing(ship: Ship, promote: Any, store: Any, change: str) -> None:
    forbid(store, change)
    with pytest.raises(PromotionError, match="MLflow refused to take model 'toys'"):
        promote(ship(run_id=store.run_id), tracking_uri=store.uri, model="toys", alias="champion")
    assert store.registered() == {}
    assert store.logged() == []


@pytest.mark.slow
def test_what_cannot_be_taken_back_now_is_taken_back_by_the_next(
    ship: Ship, promote: Any, store: Any, caplog: pytest.LogCaptureFixture
) -> None:
    words = {"tracking_uri": store.uri, "model": "toys", "alias": "champion"}
    aliasing, deleting = "INSERT ON registered_model_aliases", "UPDATE OF current_stage ON model_versions"
    forbid(store, aliasing)
    forbid(store, deleting)
    with pytest.raises(PromotionError, match="MLflow refused to take model 'toys'"):
        promote(ship(run_id=store.run_id), **words)
    assert (store.registered(), len(store.logged())) == ({"toys": [1]}, 1)
    assert not [record for record in caplog.records if record.name.startswith("kdorch")]
    permit(store, aliasing)
    permit(store, deleting)
    version = promote(ship(run_id=store.run_id), **words).version
    assert (store.registered(), len(store.logged())) == ({"toys": [version]}, 1)


def test_what_mlflow_does_not_answer_is_told_without_a_password(
    ship: Ship, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    uri = "http://ada:c4n4ry@127.0.0.1:1"
    shipment = ship(run_id="0" * 32)
    with pytest.raises(PromotionError, match=r"MLflow refused .*//ada:\*\*\*@127") as refused:
        ship_it(shipment, tracking_uri=uri, model="toys", alias=None, **NOBODY)
    assert "c4n4ry" not in "".join(format_exception(refused.value))


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
@pytest.mark.parametrize(("deviation", "wrong"), [(1e-9, False), (1e9, False), (1e-9, True)])
def test_answers_are_verified_at_the_scale_of_their_units(
    ship: Ship, promote: Any, store: Any, answer_elsewhere: Any, images: Any, deviation: float, wrong: bool
) -> None:
    """Ten nanometres in metres are no rounding error, and neither is a micrometre in nanometres an error."""
    units = Units((0.0,) * 5, (deviation,) * 5)
    shipment = ship(ExportsDifferently() if wrong else None, run_id=store.run_id, decoder=units)
    if wrong:
        with pytest.raises(PromotionError, match="differs from the student by up to 1e-09"):
            promote(shipment, tracking_uri=store.uri, model="toys", alias=None)
        return
    promoted = promote(shipment, tracking_uri=store.uri, model="toys", alias=None)
    with torch.no_grad():
        logits = shipment.network.eval()(shipment.preprocessing(torch.from_numpy(images).float())).numpy()
    found = answer_elsewhere(store.uri, promoted.uri, images)
    np.testing.assert_allclose(found, logits * deviation, atol=1e-5 * deviation)


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

    forbid(store, "UPDATE ON registered_model_aliases")
    with pytest.raises(PromotionError, match="forbidden"):
        promote(ship(run_id=store.run_id), previous=3, **words)
    assert int(store.client.get_model_version_by_alias("toys", "champion").version) == 3
    assert store.registered() == {"toys": [1, 2, 3]}
    assert len(store.logged()) == 3
    assert fluent_state() == before
