"""Real stores: one SQLite home for the session, and one real MLflow server on loopback."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient

from kdorch.tracking import DatasetRecord
from kdorch.tracking.mlflow_tracker import MlflowTracker, open_tracker
from kdorch.tracking.server import Server, serve

sys.path.append(str(Path(__file__).parent))  # for memory_tracker

NUMBERS = itertools.count()
STORES = ["sqlite", pytest.param("http", marks=pytest.mark.slow)]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project directory whose name needs care, with its database."""
    path = tmp_path_factory.mktemp("a home, 100% #1")
    open_tracker(path, None)
    return path


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serve(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def study() -> str:
    return f"digits-{next(NUMBERS)}"


@pytest.fixture
def dataset() -> DatasetRecord:
    return DatasetRecord("digits", "a" * 36, '{"use": "digits"}', "{}", '{"num_rows": 1797}')


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> MlflowTracker:
    """A tracker that is not open yet, on both kinds of store."""
    home: Path = request.getfixturevalue("home")
    uri = request.getfixturevalue("server").url if request.param == "http" else None
    return open_tracker(home, uri)


@pytest.fixture
def client(store: MlflowTracker) -> MlflowClient:
    """MLflow's own view of what ``store`` has written."""
    return MlflowClient(tracking_uri=store.uri)
