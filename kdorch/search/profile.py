"""Where a session's time went: the coordinator's, and its workers'."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from kdorch.execution import Event, Executor
from kdorch.search.around import Around
from kdorch.stopwatch import OTHER, part, stopwatch

_TRIALS = "kdorch.training.trial:run"
_WHOLE = {
    "kdorch.teaching.jobs:data": "data",
    "kdorch.teaching.jobs:augment": "views",
    "kdorch.teaching.jobs:transfer": "views",
    "kdorch.teaching.jobs:teacher": "teacher",
    "kdorch.teaching.jobs:teacher_stored": "teacher",
    "kdorch.teaching.jobs:teacher_views": "teacher",
    "kdorch.teaching.jobs:teacher_features": "teacher",
    "kdorch.teaching.jobs:teacher_test": "teacher",
    "kdorch.training.device:find": "start-up",
    "kdorch.training.machine:describe": "start-up",
    "kdorch.training.comparing:score": "first tries",
    "kdorch.training.comparing:times": "first tries",
    "kdorch.training.placing:run": "first tries",
    "kdorch.training.probe:run": "first tries",
    "kdorch.training.together:run": "first tries",
    "kdorch.training.trial:read_test": "test",
}  # jobs that are of interest as a whole; references count as teachers


@dataclass(frozen=True)
class Profile:
    """Seconds by parts, which add up.

    Attributes:
        seconds: From the beginning of the session.
        workers: How many there were.
        coordinator: What it did in that time.
        jobs: What the workers did in theirs, which is as much for each of them; ``idle`` is the rest, and
            whatever a worker did that died.
        writer: What the coordinator's other thread did, which writes down what becomes of trials, as long as
            there were any; ``idle`` is the rest.
    """

    seconds: float
    workers: int
    coordinator: dict[str, float]
    jobs: dict[str, float]
    writer: dict[str, float] = field(default_factory=dict)

    def metrics(self) -> dict[str, float]:
        """Return them under names for a tracker: ``profile/coordinator/MLflow``."""
        sides = {"coordinator": self.coordinator, "writer": self.writer, "workers": self.jobs}
        return {
            f"profile/{side}/{name}": seconds
            for side, spent in sides.items()
            for name, seconds in spent.items()
        }

    def facts(self) -> dict[str, Any]:
        """Return it as JSON takes it."""
        return asdict(self)


class Profiled(Around):
    """An executor that notes how long it was waited for, and what its workers did.

    Args:
        executor: The executor.
    """

    def __init__(self, executor: Executor) -> None:
        super().__init__(executor)
        self._jobs: defaultdict[str, float] = defaultdict(float)
        self._wrote: defaultdict[str, float] = defaultdict(float)
        self._waiting_for = "start-up"

    def note(self, writer: Mapping[str, float]) -> None:
        """Note what the thread that writes results down has done, in seconds by parts."""
        for name, seconds in writer.items():
            self._wrote["idle" if name == OTHER else name] += seconds

    def profile(self, workers: int) -> Profile:
        """Return where the time went since the stopwatch was started, of so many workers."""
        spent = stopwatch.read()
        seconds = sum(spent.values())
        idle = workers * seconds - sum(self._jobs.values())
        jobs = {**self._jobs, "idle": idle}
        return Profile(seconds, workers, *map(_by_size, (spent, jobs, self._wrote)))

    def poll(self, timeout: float) -> list[Event]:
        """See ``Executor``."""
        with part(self._waiting_for):
            events = super().poll(timeout)
        for event in events:
            self._waiting_for = "waiting"  # the first event says that the workers have started
            for name, seconds in event.seconds.items():
                self._jobs[_named(event.job.entry, name)] += seconds
        return events


def _named(entry: str, name: str) -> str:
    return name if entry == _TRIALS else _WHOLE.get(entry, OTHER)


def _by_size(spent: Mapping[str, float]) -> dict[str, float]:
    return dict(sorted(spent.items(), key=lambda item: item[1], reverse=True))
