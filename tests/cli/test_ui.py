"""MLflow's pages for a study: on this machine, at the right address, and gone when they are left."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from mlflow import MlflowClient

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_the_link_leads_to_the_study_and_the_server_ends_with_the_command(
    number: signal.Signals, code: int, finished: Any, command: list[str], clean: Any
) -> None:
    words = ("--home", str(finished.home), "ui", "tiny")
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([*command, *words], env=clean, **pipes) as process:
        line = process.stdout.readline()
        name, _, url = line.strip().partition(": ")
        address, _, page = url.partition("/#/")
        assert (name, address[:17]) == ("tiny", "http://127.0.0.1:")
        experiment = MlflowClient(address).get_experiment_by_name("tiny")
        assert page.startswith(f"experiments/{experiment.experiment_id}/runs?workflowType=machine_learning&")
        assert process.stdout.readline().startswith(f"tiny, charts: {address}/#/experiments/")
        assert process.stdout.readline() == "Ctrl-C ends it.\n"
        process.send_signal(number)
        assert process.wait() == code
        assert "Traceback" not in process.stderr.read()
    with pytest.raises(URLError), closing(urlopen(address)):
        pass


@pytest.mark.parametrize(
    ("tracking", "told"),
    [
        ("http://runs.example:5000", "tiny: http://runs.example:5000/#/experiments/7"),
        (
            "postgresql://me:***@db/runs",
            "tiny: mlflow server --backend-store-uri postgresql://me:***@db/runs",
        ),
    ],
)
def test_runs_that_are_elsewhere_are_said_to_be(
    tracking: str, told: str, cli: Callable[..., Any], tmp_path: Path
) -> None:
    folder = tmp_path / "home" / "studies" / "tiny"
    folder.mkdir(parents=True)
    (folder / "study.json").write_text(json.dumps({"tracking": tracking, "page": "/#/experiments/7"}))
    answer = cli("--home", str(tmp_path / "home"), "ui")
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, f"{told}\n", "")


def test_a_port_that_is_in_use_is_told(finished: Any, command: list[str], clean: Any) -> None:
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        words = ("--home", str(finished.home), "ui", "tiny", "--port", port)
        with subprocess.Popen([*command, *words], env=clean, **pipes) as process:
            assert f":{port}/" not in process.stdout.readline()
            process.send_signal(signal.SIGTERM)
            told = process.stderr.read()
    assert told == f"Port {port} is in use, so another was taken.\n"
