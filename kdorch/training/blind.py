"""Trials without their teacher: what can be tried of them before there is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from kdorch.discovery import installed
from kdorch.errors import TrainingError
from kdorch.training.prepared import Bench, Infeasible, Prepared

LABELS = {"task": {"use": "task"}}  # losses that need no teacher


def blind(spec: Mapping[str, Any]) -> Iterator[Prepared]:
    """Yield each trial of a job that can be prepared; the others will tell themselves.

    Noise stands in for what the teacher says, and losses that read its features are left out.

    Args:
        spec: As `kdorch.training.trial.run` takes it.
    """
    bench, plugins = Bench({**spec, "teacher": None, "supposed": True, "limits": []}), installed()
    for trial in spec["trials"]:
        losses = {
            label: loss
            for label, loss in trial["losses"].items()
            if "features" not in plugins.part("loss", loss).needs
        }
        with suppress(Infeasible, TrainingError):
            prepared = bench.prepare({**trial, "losses": losses or LABELS, "recall": None})
            if losses != trial["losses"]:
                prepared.objective.closed = False  # features have a gradient of their own
            yield prepared
