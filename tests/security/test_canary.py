"""A password in an address, or in the environment, is found in nothing that is printed or written."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from kdorch.cli.discretion import discreet
from kdorch.search.logbook import place
from kdorch.tracking.server import Server, serve

CANARY = "c4n4ry"
ADDRESSES = (
    f"http://ada:{CANARY}@127.0.0.1:1",
    f"http://127.0.0.1:1?token={CANARY}",
    f"http://ada:{CANARY}@[::1",
    f"postgresql://ada:{CANARY}@127.0.0.1:1/runs",
    f"mysql+pymysql://ada:{CANARY}@127.0.0.1:1/runs",
)


def found(text: str, *folders: Path) -> list[str]:
    """Return the lines, and the files below folders, in which the canary is."""
    lines = [line for line in text.splitlines() if CANARY in line]
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    return lines + [str(file) for file in files if CANARY.encode() in file.read_bytes()]


@pytest.mark.parametrize("address", ADDRESSES)
def test_where_runs_go_is_said_without_it(address: str) -> None:
    assert found(place(address)) == []


@pytest.mark.parametrize("word", [*ADDRESSES, CANARY])
def test_an_error_that_nobody_expected_is_kept_without_it(
    word: str, ask: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD" if word == CANARY else "MLFLOW_TRACKING_URI", word)

    def fail() -> None:
        raise LookupError(f"nobody answers at {word}")

    monkeypatch.setattr("kdorch.discovery.installed", fail)
    home = tmp_path / "home"
    home.mkdir()
    answer = ask("--home", str(home), "plugins", "list")
    assert (answer.code, len(list(home.iterdir()))) == (70, 1)
    assert found(answer.output + answer.errors, home) == []
    assert "***" in answer.errors


def test_settings_that_are_no_secrets_stay_readable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"USE_TOKEN": "1", "HOST": "here", "PGPASSWORD": "s3cret"})
    assert discreet("1 here s3cret") == "1 here ***"


def test_optuna_is_given_no_address(write: Callable[..., Path], ask: Any) -> None:
    """It prints one, password and all, where it is asked for the only study behind it."""
    setting = f"search.storage=postgresql://ada:{CANARY}@127.0.0.1:1/runs"
    answer = ask("study", "check", str(write()), "--set", setting)
    assert (answer.code, found(answer.output + answer.errors)) == (2, [])
    assert "there is no 'storage' here" in answer.errors


# ---------------------------------------------------------------- the whole cycle, with a real server


@pytest.fixture
def server(home: Path, tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "server").mkdir()
    (home / "mlflow.db").rename(tmp_path / "server" / "mlflow.db")
    with serve(tmp_path / "server") as server:
        yield server


@pytest.mark.slow
def test_a_whole_study_and_its_failures_hold_none_of_it(
    server: Server, home: Path, write: Callable[..., Path], cli: Callable[..., Any], tmp_path: Path
) -> None:
    client = MlflowClient(server.url)
    client.create_registered_model("forged")
    client.create_model_version("forged", "s3://elsewhere/forged", tags={"kdorch.digest": "0" * 64})
    registered = {"use": "registry", "uri": "models:/forged/1"}
    file, other = write(), write("other.yaml", name="other", teacher=registered)
    (tmp_path / "temporary").mkdir()
    whole = {
        "MLFLOW_TRACKING_URI": server.url.replace("//", f"//ada:{CANARY}@"),
        "MLFLOW_TRACKING_TOKEN": f"{CANARY}-token",
        "TMPDIR": str(tmp_path / "temporary"),
    }

    def run(*words: str, code: int = 0, **environment: str) -> str:
        done = cli("--home", str(home), "-v", *words, environment=whole | environment)
        assert done.returncode == code, done.stderr
        assert found(done.stdout + done.stderr) == []
        return str(done.stdout + done.stderr)

    run("study", "run", str(file), "--profile", "--workers", "1")
    run("study", "show", "tiny", "--json")
    run("ui")
    told = run("study", "run", str(other), code=2)
    assert "teacher.trust: models:/forged/1 comes from a server, where others may write" in told
    run("doctor")
    server.stop()
    run("study", "run", str(file), "--trials", "5", code=2)
    for words in (("tiny", "--model", "tiny"), ("--rollback", "tiny")):
        assert "cannot use http://ada:***@127.0.0.1" in run(
            "promote", *words, code=2
        )  # asked first, and once
    run("study", "run", str(other), code=2, MLFLOW_TRACKING_URI=ADDRESSES[-1])
    assert found("", tmp_path) == []
