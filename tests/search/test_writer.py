"""Results are written in the order they come, by another thread; its errors are told in this one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress

import pytest

from kdorch.errors import TrackingError
from kdorch.search.observer import Observer, Relay
from kdorch.search.writer import ROOM, Writer


class Gate:
    """Holds a writer back until it is opened."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.met = threading.Event()

    def wait(self, _things: Sequence[object]) -> None:
        self.met.set()
        self.event.wait()

    def set(self) -> None:
        self.event.set()

    def close(self, writer: Writer) -> None:
        """Hold it back from here on: it has nothing else in its hands."""
        writer.put(self.wait, None)
        self.met.wait()


@pytest.fixture
def gate() -> Iterator[Gate]:
    found = Gate()
    yield found
    found.set()


def refuse(_things: Sequence[object]) -> None:
    raise TrackingError("MLflow is gone")


def test_everything_is_done_in_order_and_elsewhere(gate: Gate) -> None:
    done: list[int] = []
    where: list[int] = []
    with Writer() as writer:
        writer.put(gate.wait, None)
        for number in range(ROOM - 1):
            writer.put(done.extend, number)
        assert done == []
        gate.set()
        writer.put(lambda _: where.append(threading.get_ident()), None)
        writer.flush()
        assert done == list(range(ROOM - 1))
        assert where != [threading.get_ident()]
        writer.put(done.extend, -1)
    assert done[-1] == -1  # and to leave is to wait


def test_things_of_a_kind_that_have_come_meanwhile_are_written_at_once(gate: Gate) -> None:
    done: list[tuple[str, list[int]]] = []

    def one(things: Sequence[int]) -> None:
        done.append(("one", list(things)))

    def other(things: Sequence[int]) -> None:
        done.append(("other", list(things)))

    with Writer() as writer:
        gate.close(writer)
        written = [writer.put(write, number) for number, write in enumerate([one, one, other, one, one, one])]
        gate.set()
        writer.flush()
        assert done == [("one", [0, 1]), ("other", [2]), ("one", [3, 4, 5])]
        assert all(each.done() for each in written)
        writer.put(one, 6)
    assert done[-1] == ("one", [6])


def test_it_can_be_asked_whether_a_thing_is_done(gate: Gate) -> None:
    with Writer() as writer:
        written = writer.put(gate.wait, None)
        assert not written.done()
        gate.set()
        writer.flush()
        assert written.done()


def test_whoever_is_quicker_waits(gate: Gate) -> None:
    with Writer() as writer:
        for _ in range(ROOM):
            writer.put(gate.wait, None)
        late = threading.Thread(target=writer.put, args=(gate.wait, None))
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
            failed = writer.put(refuse, None)
            with suppress(TrackingError):
                failed.result()
            if meet == "put":
                writer.put(done.extend, 1)
            if meet == "flush":
                writer.flush()

    with pytest.raises(TrackingError, match="MLflow is gone"):
        write()
    assert done == []


def test_after_an_error_nothing_more_is_done(gate: Gate) -> None:
    done: list[int] = []
    with suppress(TrackingError), Writer() as writer:
        writer.put(gate.wait, None)
        writer.put(refuse, None)
        writer.put(done.extend, 1)
        gate.set()
    assert done == []


def test_ctrl_c_cuts_nothing_in_half_and_what_was_given_is_done(gate: Gate) -> None:
    done: list[str] = []

    def write(_things: Sequence[object]) -> None:
        done.append("begun")
        gate.event.wait()
        done.append("ended")

    with suppress(KeyboardInterrupt), Writer() as writer:
        writer.put(write, None)
        writer.put(done.extend, "the next")
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
        writer.put(lambda texts: relay.say(*texts), "failed")
        writer.put(lambda news: relay.progress(*news[0]), ("search", 1, 2, {"val/accuracy": 0.5}))
    assert heard == []
    relay.pass_on()
    here = threading.get_ident()
    assert heard == [(here, "failed"), (here, "search", 1, 2, {"val/accuracy": 0.5})]
    relay.pass_on()
    assert len(heard) == 2


def test_where_nothing_gets_done_more_may_wait_and_nobody_waits_for_it(gate: Gate) -> None:
    with Writer(stuck=lambda: True) as writer:
        written = [writer.put(gate.wait, None) for _ in range(3 * ROOM)]
        assert not writer.settle()
        assert not any(each.done() for each in written)
        gate.set()
        writer.flush()
        assert all(each.done() for each in written)
        assert writer.settle()


def test_it_can_be_waited_for_so_long_and_no_longer(gate: Gate) -> None:
    with Writer() as writer:
        gate.close(writer)
        assert not writer.settle(0.01)
        gate.set()
        assert writer.settle(60.0)


def test_whoever_leaves_because_of_an_error_does_not_wait_for_what_is_stuck(gate: Gate) -> None:
    def leave() -> None:
        with Writer(stuck=lambda: True, hurry=gate.set) as writer:
            writer.put(gate.wait, None)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        leave()
    assert gate.event.is_set()


def test_what_comes_after_an_error_does_not_count_as_written(gate: Gate) -> None:
    with Writer() as writer:
        writer.put(gate.wait, None)
        late = [writer.put(refuse, None), writer.put(print, None)]
        gate.set()
        with pytest.raises(TrackingError):
            writer.flush()
        with suppress(TrackingError):  # for the one that is still there
            writer.flush()
    assert all(isinstance(each.exception(), TrackingError) for each in late)
