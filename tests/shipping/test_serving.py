"""Against real servers on loopback: an MLflow tracking server, and MLflow's own model server."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import mlflow
import numpy as np
import pytest
import torch

from kdorch.shipping.promotion import Shipment

Ship = Callable[..., Shipment]
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:The ``noload`` loader")]
DEADLINE_TICKS = 600  # of .2 s


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(*arguments: str, health: str, folder: Path, **environment: str) -> Iterator[str]:
    """Run an ``mlflow`` command that serves; yield its address once it answers."""
    address = f"http://127.0.0.1:{(port := free_port())}"
    command = [sys.executable, "-m", "mlflow", *arguments, "--host", "127.0.0.1", "--port", str(port)]
    scripts = sysconfig.get_path("scripts")  # as in an activated environment: MLflow calls uvicorn by name
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            command,
            env={**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}", **environment},
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_until_healthy(process, address + health, folder / "server.log")
        yield address
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until_healthy(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    for _ in range(DEADLINE_TICKS):
        try:
            with urlopen(url, timeout=5):
                return
        except (OSError, HTTPException):
            pass
        try:
            process.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            continue
        break
    pytest.fail(f"the server did not start:\n{log.read_text()[-3000:]}")


def post(url: str, body: bytes) -> Any:
    request = Request(url, data=body, headers={"Content-Type": "application/json"})
    with urlopen(request, timeout=60) as answer:
        return np.array(json.load(answer)["predictions"])


def expected(shipment: Shipment, rows: Any) -> Any:
    with torch.no_grad():
        prepared = shipment.preprocessing(torch.from_numpy(rows).float())
        return shipment.network.eval()(prepared).numpy()


def test_the_model_server_answers_as_the_card_says(
    ship: Ship, promote: Any, store: Any, images: Any, tmp_path: Path
) -> None:
    shipment = ship(run_id=store.run_id)
    promoted = promote(shipment, tracking_uri=store.uri, model="toys", alias="champion")
    command = ("models", "serve", "-m", "models:/toys@champion", "--env-manager", "local")
    assert f'mlflow models serve -m "{command[3]}" --env-manager local' in promoted.card

    with serving(*command, health="/ping", folder=tmp_path, MLFLOW_TRACKING_URI=store.uri) as address:
        for rows in (images[:1], images):
            body = json.dumps({"inputs": rows.tolist()}).encode()
            np.testing.assert_allclose(
                post(f"{address}/invocations", body), expected(shipment, rows), atol=1e-5
            )

        download = ["artifacts", "download", "-u", promoted.uri, "-d", "model"]
        assert f'mlflow artifacts download -u "{promoted.uri}" -d model' in promoted.card
        environment = {**os.environ, "MLFLOW_TRACKING_URI": store.uri}
        subprocess.run([sys.executable, "-m", "mlflow", *download], env=environment, cwd=tmp_path, check=True)
        assert "-d @model/serving_input_example.json" in promoted.card
        carried = (tmp_path / "model" / "serving_input_example.json").read_bytes()
        found = post(f"{address}/invocations", carried)
        np.testing.assert_allclose(found, expected(shipment, images[:3]), atol=1e-5)


def test_promotion_through_a_tracking_server(
    ship: Ship, promote: Any, empty_database: Path, answer_elsewhere: Any, images: Any, tmp_path: Path
) -> None:
    database = tmp_path / "server.db"
    database.write_bytes(empty_database.read_bytes())
    command = ("server", "--backend-store-uri", f"sqlite:///{database}", "--workers", "1")
    artifacts = ("--artifacts-destination", str(tmp_path / "server artifacts"))
    jobs = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}

    with serving(*command, *artifacts, health="/health", folder=tmp_path, **jobs) as address:
        client = mlflow.MlflowClient(address)
        run_id = client.create_run(client.create_experiment("toys")).info.run_id
        shipment = ship(run_id=run_id)
        promoted = promote(shipment, tracking_uri=address, model="Toy student", alias="champion")
        logits = answer_elsewhere(address, promoted.uri, images)
        version = client.get_model_version_by_alias("Toy student", "champion")

    np.testing.assert_allclose(logits, expected(shipment, images), atol=1e-5)
    assert version.source == f"models:/{promoted.model_id}"
    assert version.run_id == run_id
    assert version.description == promoted.card
