"""Killed before the first trial: while the database, data and the teacher are made."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from killing import Point, Who

import kdorch

pytestmark = pytest.mark.slow

TEACHER = {"use": "trained", "network": {"use": "mlp", "width": 16, "depth": 1}, "epochs": 2, "cross_fit": 2}
STUDY = {"teacher": TEACHER, "search": {"trials": 2, "sampler": "random"}}


def while_preparing(victim: Who) -> list[Point]:
    """Return points in workers, from the first rows that are stored to the last answers of the teacher."""
    points = (
        ("kdorch.teaching.data:_write_inputs", "after", 2),  # one split of three is missing
        ("kdorch.teaching.store:_to_disk", "before", 1),  # all is written, and has no name yet
        ("kdorch.training.placing:_Student.once", "after", 1),
        ("kdorch.teaching.teacher:_fitted", "after", 2),  # the teacher is trained, and that of one fold
        ("kdorch.teaching.teacher:answer_all", "after", 1),  # the training rows are answered, no others
    )
    return [Point(*point, "worker", victim) for point in points]


def test_the_coordinator_is_killed_while_all_is_made_ready(
    kill: Any, whole: Any, write: Any, tmp_path: Path
) -> None:
    home, file = tmp_path / "fresh", write(**STUDY)
    kill(Point("alembic.runtime.migration:HeadMaintainer.update_to_step", "after", 9), file, at=home)
    for made in ("store", "studies"):  # meanwhile, by a worker: it is to be killed at all of it
        shutil.rmtree(home / made, ignore_errors=True)
    for point in while_preparing("coordinator"):
        kill(point, file, at=home)
    kill(Point("pathlib:Path.replace", "before", 5), file, at=home)  # a record is written, and not in place
    kdorch.run(kdorch.Study.load(file), home=home, workers=1)
    whole(home).check(trials=2, confirmed=2)


def test_workers_are_killed_while_all_is_made_ready(begin: Any, whole: Any, write: Any, home: Path) -> None:
    shutil.rmtree(home / "store")
    points = while_preparing("worker")
    done = begin(*points, words=("study", "run", write(**STUDY), "--workers", "1"))
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.killed) == len(points)
    whole(home).check(trials=2, confirmed=2)
