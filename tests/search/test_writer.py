"""Results are written in the order they come, by another thread; its errors are told in this one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from kdorch.errors import TrackingError
from kdorch.search.observer import Observer, Relay
from kdorch.search.writer import ROOM, Writer


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Holds a writer back until it is set."""
    event = threading.Event()
    yield event
    event.set()


def refuse() -> None:
    raise TrackingError("MLflow is gone")


def test_everything_is_done_in_order_and_elsewhere(gate: threading.Event) -> None:
    done: list[int] = []
    where: list[int] = []
    with Writer() as writer:
        writer.put(gate.wait)
        for number in range(ROOM - 1):
            writer.put(done.append, number)
        assert done == []
        gate.set()
        writer.put(lambda: where.append(threading.get_ident()))
        writer.flush()
        assert done == list(range(ROOM - 1))
        assert where != [threading.get_ident()]
        writer.put(done.append, -1)
    assert done[-1] == -1  # and to leave is to wait


def test_it_can_be_asked_whether_a_thing_is_done(gate: threading.Event) -> None:
    with Writer() as writer:
        written = writer.put(gate.wait)
        assert not written.done()
        gate.set()
        writer.flush()
        assert written.done()


def test_whoever_is_quicker_waits(gate: threading.Event) -> None:
    with Writer() as writer:
        for _ in range(ROOM):
            writer.put(gate.wait)
        late = threading.Thread(target=writer.put, args=(gate.wait,))
        late.start()
        late.join(0.05)
        assert late.is_alive()
        gate.set()
        late.join()


@pytest.mark.parametrize("meet", ["put", "flush", "leave"])
def test_an_error_is_raised_here_in_its_own_class_and_ends_the_writing(meet: str) -> None:
    done: list[int] = []

    def write() -> None:
        with Writer() as writer:
            failed = writer.put(refuse)
            with suppress(TrackingError):
                failed.result()
            if meet == "put":
                writer.put(done.append, 1)
            if meet == "flush":
                writer.flush()

    with pytest.raises(TrackingError, match="MLflow is gone"):
        write()
    assert done == []


def test_after_an_error_nothing_more_is_done(gate: threading.Event) -> None:
    done: list[int] = []
    with suppress(TrackingError), Writer() as writer:
        writer.put(gate.wait)
        writer.put(refuse)
        writer.put(done.append, 1)
        gate.set()
    assert done == []


def test_ctrl_c_cuts_nothing_in_half_and_what_was_given_is_done(gate: threading.Event) -> None:
    done: list[str] = []

    def write() -> None:
        done.append("begun")
        gate.wait()
        done.append("ended")

    with suppress(KeyboardInterrupt), Writer() as writer:
        writer.put(write)
        writer.put(done.append, "the next")
        threading.Timer(0.05, gate.set).start()
        signal.raise_signal(signal.SIGINT)
    assert done == ["begun", "ended", "the next"]


def test_an_observer_hears_in_the_thread_that_passes_on() -> None:
    heard: list[tuple[object, ...]] = []

    class Listener(Observer):
        def say(self, text: str) -> None:
            heard.append((threading.get_ident(), text))

        def progress(self, *news: object) -> None:
            heard.append((threading.get_ident(), *news))

    relay = Relay(Listener())
    with Writer() as writer:
        writer.put(relay.say, "failed")
        writer.put(relay.progress, "search", 1, 2, {"val/accuracy": 0.5})
    assert heard == []
    relay.pass_on()
    here = threading.get_ident()
    assert heard == [(here, "failed"), (here, "search", 1, 2, {"val/accuracy": 0.5})]
    relay.pass_on()
    assert len(heard) == 2


def test_where_nothing_gets_done_more_may_wait_and_nobody_waits_for_it(gate: threading.Event) -> None:
    with Writer(stuck=lambda: True) as writer:
        written = [writer.put(gate.wait) for _ in range(3 * ROOM)]
        assert not writer.settle()
        assert not any(each.done() for each in written)
        gate.set()
        writer.flush()
        assert all(each.done() for each in written)
        assert writer.settle()


def test_whoever_leaves_because_of_an_error_does_not_wait_for_what_is_stuck(gate: threading.Event) -> None:
    def leave() -> None:
        with Writer(stuck=lambda: True, hurry=gate.set) as writer:
            writer.put(gate.wait)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        leave()
    assert gate.is_set()


def test_what_comes_after_an_error_does_not_count_as_written(gate: threading.Event) -> None:
    with Writer() as writer:
        writer.put(gate.wait)
        late = [writer.put(refuse), writer.put(print)]
        gate.set()
        with pytest.raises(TrackingError):
            writer.flush()
        with suppress(TrackingError):  # for the one that is still there
            writer.flush()
    assert all(isinstance(each.exception(), TrackingError) for each in late)
