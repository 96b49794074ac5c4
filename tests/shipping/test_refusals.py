"""What is not promoted leaves nothing, and says why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from traceback import format_exception
from typing import Any

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
    store.forbid(change)
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
    store.forbid(aliasing)
    store.forbid(deleting)
    with pytest.raises(PromotionError, match="MLflow refused to take model 'toys'"):
        promote(ship(run_id=store.run_id), **words)
    assert (store.registered(), len(store.logged())) == ({"toys": [1]}, 1)
    assert not [record for record in caplog.records if record.name.startswith("kdorch")]
    store.permit(aliasing)
    store.permit(deleting)
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
