"""What a job has changed in its process: threads that are about to end are no change."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from kdorch import drift


@pytest.fixture
def leave() -> Iterator[threading.Event]:
    """What a thread waits for, which is there from now on."""
    before, event = drift.current_state(), threading.Event()
    thread = threading.Thread(target=event.wait)
    thread.start()
    assert drift.current_state()["the threads that run"] == before["the threads that run"] + 1
    yield event
    event.set()
    thread.join()


@pytest.fixture
def expected() -> drift.State:
    return drift.current_state()


def test_a_thread_that_ends_by_itself_is_waited_for(
    expected: drift.State, leave: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those of a pool that is shut down do: this one ends as soon as somebody waits."""
    monkeypatch.setattr("kdorch.drift.time.sleep", lambda _seconds: leave.set())
    assert drift.changes(expected) == []


def test_a_thread_that_stays_is_a_change(expected: drift.State, leave: threading.Event) -> None:
    assert not leave.is_set()
    assert drift.changes(expected) == ["the threads that run"]
