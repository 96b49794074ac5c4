"""MLflow's pages, which ask nobody for a password, answer on this machine alone unless somebody says otherwise."""

from __future__ import annotations

import socket
import subprocess
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from kdorch.tracking.server import is_loopback


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "runs.example"])
def test_another_address_is_refused_in_words(host: str, ask: Any, tmp_path: Path) -> None:
    answer = ask("--home", str(tmp_path), "ui", "--host", host)
    assert (answer.code, answer.output) == (2, "")
    assert "can read, change and delete all runs" in answer.errors
    assert "--expose-to-network" in answer.errors
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("host", "near"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("localhost.example", False),
        ("127.0.0.1.example", False),
        ("", False),
    ],
)
def test_what_is_this_machine(host: str, near: bool) -> None:
    assert is_loopback(host) == near


def outside() -> str:
    """An address of this machine that others can reach."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # a datagram socket sends nothing to connect
        return str(probe.getsockname()[0])
    pytest.skip("this machine has no network")


@pytest.mark.slow
@pytest.mark.parametrize("exposed", [False, True])
def test_others_reach_it_only_if_it_is_exposed(
    exposed: bool, finished: Any, command: list[str], clean: Any
) -> None:
    address = outside()
    more = ["--host", "0.0.0.0", "--expose-to-network"] if exposed else []
    words = [*command, "--home", str(finished.home), "ui", "tiny", *more]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, env=clean, **pipes) as process:
        near = process.stdout.readline().split(": ")[1].partition("/#")[0]
        with urlopen(f"{near}/health") as reply:
            assert reply.status == 200
        there = address, int(near.rpartition(":")[2])
        with nullcontext() if exposed else pytest.raises(ConnectionRefusedError):
            socket.create_connection(there, timeout=10).close()
        process.terminate()
        assert ("can read, change and delete" in process.stderr.read()) == exposed
