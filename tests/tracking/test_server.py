"""A real server: ready when it says so, gone when it is stopped."""

from __future__ import annotations

import os
import signal
import socket
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit

import pytest

from kdorch.errors import TrackingError
from kdorch.tracking import DatasetRecord
from kdorch.tracking.mlflow_tracker import open_tracker
from kdorch.tracking.server import serve

pytestmark = pytest.mark.slow


def members(group: int) -> set[int]:
    """Living processes of a group, zombies not counted."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, process_group = entry.read_text().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(process_group) == group and state != "Z":
            found.add(int(entry.parent.name))
    return found


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as reply:
        return bytes(reply.read())


def test_a_study_can_be_seen_and_the_server_leaves_no_orphan(
    home: Path, study: str, dataset: DatasetRecord
) -> None:
    tracker = open_tracker(home, None)
    tracker.open(study, "note", dataset, identity="1")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wanted = taken.getsockname()[1]
        with serve(home, wanted) as server:
            assert urlsplit(server.url).port != wanted
            assert urlsplit(server.url).hostname == "127.0.0.1"
            assert b"<html" in get(server.url)
            seen = get(f"{server.url}/api/2.0/mlflow/experiments/get-by-name?experiment_name={study}")
            assert study.encode() in seen
            before = members(server.process.pid)
            assert len(before) > 1  # there are children that could be orphaned
    assert members(server.process.pid) == set()
    with pytest.raises(URLError):
        get(server.url)
    server.stop()  # harmless


def test_the_wanted_port_is_taken_when_free_and_wait_notices_the_end(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        wanted = probe.getsockname()[1]
    with serve(home, wanted) as server:
        assert urlsplit(server.url).port == wanted
        os.killpg(server.process.pid, signal.SIGKILL)
        assert server.wait() == -signal.SIGKILL


def test_two_servers_that_want_one_port_at_once_show_each_its_own_home(
    tmp_path: Path, dataset: DatasetRecord
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        wanted = probe.getsockname()[1]
    homes = [tmp_path / "first", tmp_path / "second"]
    for home in homes:
        open_tracker(home, None).open(home.name, "note", dataset, identity="1")
    with ThreadPoolExecutor(2) as pool:
        servers = list(pool.map(lambda home: serve(home, wanted), homes))
    try:
        assert wanted in {urlsplit(server.url).port for server in servers}
        for home, server in zip(homes, servers, strict=True):
            get(f"{server.url}/api/2.0/mlflow/experiments/get-by-name?experiment_name={home.name}")
            assert server.process.poll() is None
    finally:
        for server in servers:
            server.stop()


def test_a_port_that_was_taken_for_a_moment_is_left_to_others(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It seemed free before, and is free again when one asks why the server has ended."""
    monkeypatch.setattr("kdorch.tracking.server._is_free", lambda _host, _port: True)
    with socket.create_server(("127.0.0.1", 0)) as other:
        wanted = other.getsockname()[1]
        with serve(home, wanted) as server:
            assert urlsplit(server.url).port != wanted


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_bytes(b"this is no database " * 500)
    with pytest.raises(TrackingError, match="file is not a database"):
        serve(tmp_path)


def test_a_server_that_goes_away_is_an_error_without_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dataset: DatasetRecord, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    file = tmp_path / "file"
    file.write_text("x")
    with serve(tmp_path / "home") as server:
        tracker = open_tracker(tmp_path, server.url.replace("//", "//ada:c4n4ry@"))
        tracker.open("digits", "note", dataset, identity="1")
        run_id = tracker.start("t", "trial", trial=0, params={}, tags={})
        tracker.upload(run_id, file)
        tracker.end({run_id: "complete"})
        assert (tracker.url() or "").startswith(f"{server.url}/#/experiments/1/runs?workflowType=")
    tracker.outage.give_up()
    with pytest.raises(TrackingError, match=r"ada:\*\*\*@127") as caught:
        tracker.log(run_id, curves={}, finals={"a": 1.0}, tags={})
    with pytest.raises(TrackingError) as caught_too:
        tracker.upload(run_id, file)
    assert "c4n4ry" not in f"{caught.value} {caught_too.value}"
    assert caught.value.__suppress_context__
    assert capfd.readouterr() == ("", "")
