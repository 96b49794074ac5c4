"""Workers that need no time, so that only what is around a training is left to measure."""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kdorch.execution import Event, Job


@dataclass
class Instant:
    """An ``Executor`` whose every training has the same result.

    Attributes:
        result: What each reports.
        weights: What each leaves.
    """

    result: Mapping[str, Any]
    weights: Path
    _events: deque[Event] = field(default_factory=deque)

    def open(self) -> None:
        """Start nothing."""

    def can_take(self) -> bool:
        """Whether the last job has been heard of."""
        return not self._events

    def submit(self, job: Job) -> None:
        """Finish a job."""
        for trial in job.spec["trials"]:
            Path(trial["weights"]).parent.mkdir(parents=True)
            shutil.copy(self.weights, trial["weights"])
            for kind, found in (("known", {}), ("result", dict(self.result))):
                self._events.append(Event(job, "report", {"trial": trial["name"], kind: found}))
        self._events.append(Event(job, "done", {}))

    def poll(self, timeout: float) -> list[Event]:
        """Return what happened."""
        events = list(self._events)
        self._events.clear()
        return events

    def close(self) -> None:
        """End nothing."""
