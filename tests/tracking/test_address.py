"""No secret of a URI is ever shown, and nobody waits for a server that is not there."""

from __future__ import annotations

import http.server
import socket
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from kdorch.errors import TrackingError
from kdorch.tracking import DatasetRecord
from kdorch.tracking.address import is_server, masked, public, scheme
from kdorch.tracking.mlflow_tracker import open_tracker

CANARY = "c4n4ry"


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("http://ada:c4n4ry@host:5000/mlflow", "http://ada:***@host:5000/mlflow"),
        ("http://c4n4ry@host", "http://***@host"),
        ("postgresql://ada:c4/n4@ry@host/db", "postgresql://ada:***@host/db"),
        ("postgresql://:c4n4ry@host/db", "postgresql://:***@host/db"),
        (
            "mysql+pymysql://host/db?charset=utf8&ssl_password=c4n4ry",
            "mysql+pymysql://host/db?charset=utf8&ssl_password=***",
        ),
        ("sqlite:////home/ada/mlflow.db", "sqlite:////home/ada/mlflow.db"),
        ("http://host:5000", "http://host:5000"),
    ],
)
def test_secrets_are_masked(uri: str, shown: str) -> None:
    assert masked(uri, uri) == shown


def test_a_secret_is_masked_in_either_spelling() -> None:
    uri = "postgresql://ada:c4%40n4ry@host/db"
    assert masked("tried c4@n4ry and c4%40n4ry", uri) == "tried *** and ***"


def test_a_link_holds_no_credentials() -> None:
    assert public("https://ada:c4n4ry@host:8443/mlflow/") == "https://host:8443/mlflow"


def test_what_decides_about_artifacts() -> None:
    assert is_server("https://host")
    assert not is_server("sqlite:///mlflow.db")
    assert scheme("postgresql+psycopg2://host/db") == "postgresql"
    assert scheme("/some/path") == ""


@pytest.mark.parametrize(
    "uri",
    [
        f"http://ada:{CANARY}@127.0.0.1:1",
        f"http://{CANARY}@127.0.0.1:1",
        f"http://127.0.0.1:1/?token={CANARY}",
        f"postgresql://ada:{CANARY}@127.0.0.1:1/db",
        f"mysql+nodriver://ada:{CANARY}@127.0.0.1:1/db",
        f"sqlite+nodriver://ada:{CANARY}@/db",
        f"ftp://ada:{CANARY}@127.0.0.1/db",
        f"mlruns/{'x' * 3}",
        "file:///mlruns",
        "http://[::1",
    ],
)
def test_a_bad_address_is_refused_soon_and_in_confidence(
    uri: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    began = time.monotonic()
    with pytest.raises(TrackingError, match=r"cannot use .* for tracking") as caught:
        open_tracker(tmp_path, uri)
    assert time.monotonic() - began < 5
    assert "sqlite:///" in str(caught.value)  # what to use instead
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert capfd.readouterr() == ("", "")


def test_a_file_that_is_no_database_is_refused_soon(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_bytes(b"this is no database " * 500)
    began = time.monotonic()
    with pytest.raises(TrackingError, match=r"mlflow\.db.*file is not a database"):
        open_tracker(tmp_path, None)
    assert time.monotonic() - began < 5


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TrackingError, match="cannot create this database"):
        open_tracker(tmp_path / "file" / "home", None)


@pytest.fixture
def stranger() -> Iterator[str]:
    """A web server that is no MLflow."""
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        server.RequestHandlerClass.log_message = lambda *_: None  # type: ignore[method-assign,assignment]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_web_server_that_is_no_mlflow_is_refused_at_once(stranger: str, tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(TrackingError, match=f"{stranger}"):
        open_tracker(tmp_path, stranger).open("study", "", DatasetRecord("d", "1"), identity="1")
    assert time.monotonic() - began < 5


@pytest.mark.slow
def test_a_server_that_never_answers_is_given_up_soon(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(TrackingError, match="timeout"):
            open_tracker(tmp_path, f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert time.monotonic() - began < 10
