"""A trial trained again from its record, and compared with what was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from kdorch.api.reproduction.agreement import TOLERANCE, Difference, Outcome, Verdict, apart, verdict
from kdorch.api.reproduction.dependence import changes
from kdorch.api.reproduction.recorded import Recorded, recorded
from kdorch.api.results import Results
from kdorch.errors import KdorchError, TrainingError
from kdorch.search.observer import Observer
from kdorch.tracking.values import CURVES, finite_points

if TYPE_CHECKING:
    from kdorch.search.again import Again

__all__ = ["Difference", "Reproduction", "reproduce"]


@dataclass(frozen=True)
class Reproduction:
    """What came of training a trial again.

    Attributes:
        who: The trial, in words.
        verdict: How equal the two trainings are.
        equal: Whether that is what is promised: bit for bit with ``train.deterministic``, else within 1e-4.
        placement: How it had been placed, and how it was now.
        epoch: The best one, now.
        logits: How far their logits for validation rows are apart at most; None where the recorded weights do
            not fit the student that is built now.
        results: What came out further apart than 1e-4.
        inputs: What it depends on, and is not what it was.
        noted: Whether versions, processor and stored entries were recorded.
    """

    who: str
    verdict: Verdict
    equal: bool
    placement: tuple[str, str]
    epoch: int
    logits: float | None
    results: tuple[Difference, ...]
    inputs: tuple[Difference, ...]
    noted: bool


def reproduce(
    results: Results, trial: int, *, seed: int | None = None, observer: Observer | None = None
) -> Reproduction:
    """Train a trial again from its record alone, and compare.

    Specs and seeds come from the record, rows and the teacher's outputs from the store; what is gone from
    there is made again as a run would. What had shared a stack is trained together again: alone it would be
    rounded otherwise. Nothing is written to the study's record, to Optuna or to MLflow.

    Args:
        results: Of a study.
        trial: Number of a complete trial.
        seed: Of one of its confirmations, to train that again.
        observer: Hears what has to be made again.

    Raises:
        ChoiceError: If there is no such complete trial or confirmation.
        StoreError: If what is stored is damaged.
        TrackingError: If the run is elsewhere, gone, or cannot be reached.
        TrainingError: If it cannot be trained any more; it names the inputs that differ.
        KdorchError: If what it was trained with cannot be had any more.
    """
    from kdorch.api.weights import where_runs_are
    from kdorch.discovery import importable
    from kdorch.execution import LocalExecutor
    from kdorch.search.again import Again
    from kdorch.search.run import PRELOAD

    folders = results.record["folders"]
    with importable(folders):
        uri = where_runs_are(results)
        before = recorded(results, trial, seed, uri)
        threads = before.inputs.get("threads", 1)
        with LocalExecutor(1, threads, preload=PRELOAD, sys_path=folders) as executor:
            again = Again(results.study, results.home, uri, results.record, executor, observer or Observer())
            return _compared(results, before, again)


def _compared(results: Results, before: Recorded, again: Again) -> Reproduction:
    shared = again.ready(before.inputs.get("device", "auto"))
    inputs = tuple(changes(results, before.inputs, again.inputs(shared)))
    with TemporaryDirectory() as folder:
        old, new = Path(folder, "before"), Path(folder, before.name)
        old.write_bytes(before.weights)
        try:
            result = again.train(shared, before.specs, before.name, new.parent)
        except KdorchError as error:
            raise TrainingError(_hopeless(before.who, error, inputs)) from error
        now = _outcome(result)
        exact = now.weights == before.outcome.weights and not apart(before.outcome, now, 0)
        logits = 0.0 if exact else again.apart(shared, before.specs[before.name]["student"], (old, new))
    further = tuple(apart(before.outcome, now, TOLERANCE))
    equal = verdict(exact=exact, further=further, logits=logits)
    return Reproduction(
        who=before.who,
        verdict=equal,
        equal=exact if results.study.train.deterministic else equal != "differs",
        placement=(before.placement, result["placement"]),
        epoch=now.epoch,
        logits=logits,
        results=further,
        inputs=inputs,
        noted=bool(before.inputs),
    )


def _outcome(result: dict[str, Any]) -> Outcome:
    points, _lost = finite_points(result["curves"], {})  # as the tracker would have noted them
    curves: dict[str, dict[int, float]] = {}
    for point in points:
        curves.setdefault(point.name.removeprefix(CURVES), {})[point.step] = point.value
    return Outcome(result["digest"], result["epoch"], result["metrics"], curves)


def _hopeless(who: str, error: KdorchError, inputs: Sequence[Difference]) -> str:
    changed = f" Since it was recorded, {'; '.join(map(str, inputs))}." if inputs else ""
    return f"{who} cannot be trained again: {str(error).rstrip('.')}.{changed}"
