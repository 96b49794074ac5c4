"""Workers are killed at every step of a training; the study that goes on is the same one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from killing import Point

pytestmark = pytest.mark.slow

POINTS = {
    "while it prepares the third of a stack": ("kdorch.training.prepared:Bench.prepare", "before", 3),
    "while a stack is trained": ("kdorch.training.stack.fitting:scored", "after", 5),
    "before weights are written": ("kdorch.training.prepared:save", "after", 3),
    "between weights and their result": ("kdorch.training.prepared:_write", "after", 1),
    "between the last result and the end of the job": ("kdorch.training.trial:run", "after", 3),
    "while it reads the test": ("kdorch.training.trial:evaluate", "after", 1),
}


def test_every_trial_of_a_killed_worker_is_done_again(begin: Any, whole: Any, write: Any, home: Path) -> None:
    file = write(search={"trials": 8, "sampler": "random", "stack": 4})
    points = [Point(*point, "worker", "worker") for point in POINTS.values()]
    done = begin(*points, words=("study", "run", file, "--workers", "1"))
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.killed) == len(points)
    found = whole(home)
    found.check(trials=8, confirmed=2)
    assert len(found.results.trials) == 8, "a trial was given up"
    assert found.repeated(found.search) >= 1
    # Of a stack nobody is to blame: its trials are done again one by one, and that is no other attempt.
    assert found.repeated(found.search) < len(points)
