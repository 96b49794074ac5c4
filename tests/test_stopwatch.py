"""Every moment belongs to one part."""

from __future__ import annotations

import threading

import pytest

import kdorch.stopwatch
from kdorch.stopwatch import Stopwatch


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, to be moved on by hand."""
    now = [100.0]
    monkeypatch.setattr(kdorch.stopwatch, "perf_counter", lambda: now[0])
    return now


def test_a_part_within_another_stops_its_time(clock: list[float]) -> None:
    watch = Stopwatch()
    clock[0] += 1
    with watch.part("training"):
        clock[0] += 2
        with watch.part("validation"):
            clock[0] += 4
        clock[0] += 8
        with watch.part("validation"):
            clock[0] += 16
            assert watch.read() == {"other": 1, "training": 10, "validation": 20}
    clock[0] += 32
    assert watch.read() == {"other": 33, "training": 10, "validation": 20}
    watch.restart()
    assert watch.read() == {"other": 0}


def test_a_function_that_fails_ends_its_part(clock: list[float]) -> None:
    watch = Stopwatch()

    @watch.part("measuring")
    def measure() -> None:
        clock[0] += 3
        raise LookupError

    for _ in range(2):
        with pytest.raises(LookupError):
            measure()
    clock[0] += 1
    assert watch.read() == {"measuring": 6, "other": 1}


def test_a_thread_has_a_time_of_its_own() -> None:
    watch, found = Stopwatch(), []
    with watch.part("waiting"):
        thread = threading.Thread(target=lambda: found.append(set(watch.read())))
        thread.start()
        thread.join()
    assert found == [{"other"}]
    assert set(watch.read()) == {"other", "waiting"}
