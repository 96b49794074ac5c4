"""Where the time of a study went, beside the clock on the wall."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import kdorch

WORKING = {"training", "validation", "building", "reading", "measuring", "writing", "test"}


@pytest.mark.slow
def test_the_parts_add_up_to_what_a_study_took(tree: Callable[..., dict[str, Any]], home: Path) -> None:
    started = time.monotonic()
    results = kdorch.run(kdorch.Study(**tree(train={"epochs": 40})), home=home, workers=2)
    took = time.monotonic() - started
    profile = results.profile
    assert profile is not None
    assert (
        sum(profile.coordinator.values()) == pytest.approx(profile.seconds) == pytest.approx(took, rel=0.05)
    )
    assert sum(profile.jobs.values()) == pytest.approx(2 * profile.seconds)
    assert min(profile.jobs.values()) >= 0
    assert profile.coordinator["other"] < 0.05 * took
    assert WORKING | {"data", "teacher", "first tries", "idle"} <= set(profile.jobs)
    told = {"start-up", "waiting", "MLflow", "Optuna ask", "writer", "summary", "shut-down"}
    assert told < set(profile.coordinator)
    # A trial's own time, as its measure tells it, is what the workers say they trained and validated for.
    measured = [*results.trials["cost/train_seconds"], *results.confirmed["cost/train_seconds"]]
    assert profile.jobs["training"] + profile.jobs["validation"] == pytest.approx(sum(measured), rel=0.05)
