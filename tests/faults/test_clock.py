"""Somebody puts the clock forward and back while a study runs: nothing comes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import time_machine

import kdorch

pytestmark = pytest.mark.slow

TRIALS = 12
STUDY = {
    "train": {"epochs": 4, "batch": 64, "lr": 0.01},
    "search": {"trials": TRIALS, "sampler": "random", "stack": 2, "deadline": 60, "pruner": "optimistic"},
    "confirm": {"top": 1, "seeds": 1},
}
JUMPS = [timedelta(hours=-3), timedelta(days=2), timedelta(seconds=-40), timedelta(days=-400)]


class Jumping(kdorch.Observer):
    """Moves the clock of this process after each training; the workers have another."""

    def __init__(self, clock: Any) -> None:
        self._clock, self._jumps = clock, cycle(JUMPS)
        self.jumped = 0

    def progress(self, phase: str, done: int, total: int, metrics: Any) -> None:
        self._clock.shift(next(self._jumps))
        self.jumped += 1


def test_a_clock_that_jumps(home: Path, write: Any, whole: Any, cli: Any) -> None:
    study = kdorch.Study.load(write(**STUDY))
    with time_machine.travel(datetime.now(UTC), tick=True) as clock:
        observer = Jumping(clock)
        kdorch.run(study, home=home, workers=2, observer=observer, timeout=3600)
        kdorch.run(study, home=home, workers=2, trials=TRIALS + 4, observer=observer)
    assert observer.jumped >= TRIALS + 4
    found = whole(home)
    found.check(trials=TRIALS + 4, confirmed=len(found.confirmation.complete()))
    ours = [run.info for run in found.of_kind("trial")]
    assert all(info.end_time >= info.start_time for info in ours[1:])
    done = cli("--home", str(home), "study", "list")
    assert (done.returncode, done.stderr) == (0, "")
    assert "-1 " not in done.stdout
