"""Whoever watches a study run."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from functools import partial


class Observer:
    """Hears what happens; does nothing with it by default."""

    def say(self, text: str) -> None:
        """Something worth a line."""

    def wait(self, what: str, seconds: float) -> None:
        """Something without a count, which is told when it is ready, has been going on for so long."""

    def recall(self, metrics: Mapping[str, float] | None) -> None:
        """A trial that was complete before this session began; None for one that was pruned."""

    def progress(self, phase: str, done: int, total: int, metrics: Mapping[str, float] | None) -> None:
        """A training of a phase is complete; its metrics, or None for one that was pruned."""


class Relay(Observer):
    """Lets an observer hear in one thread what happens in another.

    Args:
        observer: Who hears it.
    """

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._news: deque[Callable[[], None]] = deque()

    def say(self, text: str) -> None:
        """See ``Observer``."""
        self._news.append(partial(self._observer.say, text))

    def progress(self, phase: str, done: int, total: int, metrics: Mapping[str, float] | None) -> None:
        """See ``Observer``."""
        self._news.append(partial(self._observer.progress, phase, done, total, metrics))

    def pass_on(self) -> None:
        """Tell the observer what has happened since the last time."""
        while self._news:
            self._news.popleft()()
