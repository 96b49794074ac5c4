"""Whoever watches a study run."""

from __future__ import annotations

from collections.abc import Mapping


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
