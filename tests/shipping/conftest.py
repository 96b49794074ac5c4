"""A toy student, and a fresh MLflow store for each test, copied from one that is made once."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mlflow import MlflowClient
from torch import Tensor, nn

from kdorch.search.observer import Observer
from kdorch.shipping.card import Card, Network
from kdorch.shipping.champion import Succession
from kdorch.shipping.promotion import Promoted, Shipment
from kdorch.shipping.promotion import promote as ship_it
from kdorch.shipping.underway import underway

LABELS = tuple("abcde")


class Scale(nn.Module):
    def forward(self, images: Tensor) -> Tensor:
        return images.flatten(1) / 16


@dataclass(frozen=True)
class Store:
    uri: str
    client: MlflowClient
    run_id: str

    def registered(self) -> dict[str, list[int]]:
        names = [model.name for model in self.client.search_registered_models()]
        versions = self.client.search_model_versions()
        return {name: sorted(int(v.version) for v in versions if v.name == name) for name in names}

    def logged(self) -> list[str]:
        experiment_id = self.client.get_run(self.run_id).info.experiment_id
        return [model.model_id for model in self.client.search_logged_models([experiment_id])]

    def forbid(self, change: str) -> None:
        """Let the database refuse a change, as a server without the right to it would."""
        refuse = "BEGIN SELECT RAISE(ABORT, 'forbidden'); END"
        self._execute(f"CREATE TRIGGER '{change}' BEFORE {change} {refuse}")

    def permit(self, change: str) -> None:
        self._execute(f"DROP TRIGGER '{change}'")

    def _execute(self, statement: str) -> None:
        with closing(sqlite3.connect(self.uri.removeprefix("sqlite:///"))) as database:
            database.execute(statement)


@pytest.fixture(scope="session")
def empty_database(shared: Callable[..., Path]) -> Path:
    def fill(folder: Path) -> None:
        MlflowClient(f"sqlite:///{folder}/mlflow.db").search_experiments()

    return shared("mlflow", fill) / "mlflow.db"


@pytest.fixture
def store(tmp_path: Path, empty_database: Path) -> Store:
    shutil.copy(empty_database, tmp_path / "mlflow.db")
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    client = MlflowClient(uri)
    experiment_id = client.create_experiment("toys", artifact_location=(tmp_path / "artifacts").as_uri())
    return Store(uri, client, client.create_run(experiment_id).info.run_id)


@pytest.fixture
def images() -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.random.default_rng(0).uniform(0, 16, (9, 8, 8))


@pytest.fixture
def ship(images: np.ndarray[Any, Any]) -> Callable[..., Shipment]:
    def make(network: nn.Module | None = None, **changes: Any) -> Shipment:
        torch.manual_seed(0)
        mlp = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, len(LABELS)))
        facts: dict[str, Any] = {
            "network": network or mlp,
            "preprocessing": Scale(),
            "example": images,
            "labels": LABELS,
            "run_id": "no such run",
            "card": Card(
                study="toys",
                trial=17,
                summary="A small network that names toys.",
                data="toys",
                data_digest="sha256:abc",
                rows={"train": 60, "test": 20},
                teacher=Network("mlp, width 256"),
                student=Network("mlp, width 16", parameters=1125, size_bytes=4500),
            ),
        }
        return Shipment(**(facts | changes))

    return make


@pytest.fixture
def promote(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Promoted]:
    """Ship a student as ``kdorch promote`` does: noted first, and taken back if it fails."""
    folder = tmp_path_factory.mktemp("promotions")

    def run(
        shipment: Shipment, *, tracking_uri: str, model: str, alias: str | None, previous: int | None = None
    ) -> Promoted:
        words: dict[str, Any] = {"model": model, "alias": alias}
        with underway(folder, MlflowClient(tracking_uri), "here", run_id=shipment.run_id, **words) as mark:
            words |= {"tracking_uri": tracking_uri, "succession": Succession(previous)}
            return ship_it(shipment, mark=mark, say=Observer().say, **words)

    return run


@pytest.fixture
def answer_elsewhere(tmp_path: Path) -> Callable[..., Any]:
    """Load a model in a process where importing kdorch is an error, and predict."""
    script = (
        "import sys; sys.modules['kdorch'] = None\n"
        "import mlflow, numpy\n"
        "model = mlflow.pyfunc.load_model(sys.argv[1])\n"
        "numpy.save(sys.argv[3], model.predict(numpy.load(sys.argv[2])))\n"
    )

    def answer(tracking_uri: str, model_uri: str, rows: Any, **environment: str) -> Any:
        np.save(tmp_path / "rows.npy", rows)
        files = [str(tmp_path / "rows.npy"), str(tmp_path / "logits.npy")]
        subprocess.run(
            [sys.executable, "-I", "-c", script, model_uri, *files],
            env={**os.environ, "MLFLOW_TRACKING_URI": tracking_uri, **environment},
            cwd=tmp_path,
            check=True,
        )
        return np.load(tmp_path / "logits.npy")

    return answer
