"""Ctrl-C waits for what is being written, and no longer."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

import pytest

from kdorch.search.interrupts import Interrupts, held_back


def press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def done(work: Callable[[Interrupts, list[str]], None]) -> list[str]:
    """Return what was written before Ctrl-C was heeded."""
    written: list[str] = []

    def study() -> None:
        with held_back() as interrupts:
            work(interrupts, written)

    with pytest.raises(KeyboardInterrupt):
        study()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    return written


def test_it_is_held_back_while_something_is_written_and_heeded_at_the_next_wait() -> None:
    def work(interrupts: Interrupts, written: list[str]) -> None:
        with interrupts.waiting():
            written.append("waited")
        press()
        written.append("whole")
        with interrupts.waiting():
            written.append("never")

    assert done(work) == ["waited", "whole"]


def test_it_goes_through_while_the_study_waits() -> None:
    def work(interrupts: Interrupts, written: list[str]) -> None:
        with interrupts.waiting():
            press()
            written.append("never")

    assert done(work) == []


def test_it_is_heeded_at_the_end() -> None:
    def work(_: Interrupts, written: list[str]) -> None:
        press()
        written.append("whole")

    assert done(work) == ["whole"]


def test_the_second_one_goes_through_anywhere() -> None:
    def work(_: Interrupts, written: list[str]) -> None:
        press()
        written.append("first")
        press()
        written.append("never")

    assert done(work) == ["first"]


def test_an_error_on_the_way_stays_that_error() -> None:
    def study() -> None:
        with held_back():
            press()
            raise ValueError("why")

    with pytest.raises(ValueError, match="why"):
        study()


def test_where_somebody_else_handles_it_nothing_changes() -> None:
    heard = []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append("theirs"))
    try:
        with held_back():
            press()
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == ["theirs"]


def test_another_thread_does_without() -> None:
    waited = []

    def work() -> None:
        with held_back() as interrupts, interrupts.waiting():
            waited.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert waited == [True]
