"""What becomes of a trial, ready to be written down."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import optuna

from kdorch.search.phases import Plan
from kdorch.search.record import CURVE, Record
from kdorch.search.setting import Setting
from kdorch.search.spool import Parcel
from kdorch.study.limits import Limit
from kdorch.study.pruning import best_so_far
from kdorch.tracking import Curves, Outcome

VALUES = "kdorch.values"  # on a run: what to tell, once all its metrics are there
REASON = "kdorch.reason"


@dataclass
class Flight:
    """A trial on its way.

    Attributes:
        trial: In Optuna.
        plan: What is trained.
        parcel: Where its result is.
        checkpoint: Where it keeps how far it is.
        began: When it did, in seconds since 1970; 0 before.
        due: When its run is to be begun, if it has no result by then, in seconds of ``time.monotonic``.
        epochs: How many of its curves are written.
        run_id: Of its run, once there is one.
        result: What the worker returned.
    """

    trial: optuna.Trial
    plan: Plan
    parcel: Parcel
    checkpoint: Path
    began: float = 0.0
    due: float = math.inf
    epochs: int = 0
    run_id: str = ""
    result: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Ending:
    """The end of a trial.

    Attributes:
        flight: The trial.
        outcome: Of its run; None if it has none.
        tell: Ends it in Optuna.
        facts: Its attributes in Optuna.
        limits: What its metrics have to keep.
        tags: Of its run.
        curves: Of its run, from the first epoch on.
        metrics: Of its run.
        files: Kept with its run.
    """

    flight: Flight
    outcome: Outcome | None
    tell: Callable[[Record], None]
    facts: Mapping[str, Any] = field(default_factory=dict)
    limits: Sequence[Limit] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    curves: Curves = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    files: Sequence[Path] = ()


def completed(flight: Flight, setting: Setting) -> Ending:
    """Return that it has its result; without a number to choose by it has failed."""
    result, metrics = flight.result, flight.result["metrics"]
    objectives = setting.study.objectives
    for metric in (*objectives, *setting.study.limits):
        if not math.isfinite(metrics.get(metric, math.nan)):
            return failed(flight, f"{metric} is {metrics.get(metric, 'not measured')}")
    values = [metrics[metric] for metric in objectives]
    facts = {"metrics": metrics, "weights": result["digest"]}
    if result.get("sample"):
        facts["sample"] = result["sample"]
    if "bar" in flight.plan.spec:  # what later trials have to clear
        (quality, direction), *_ = objectives.items()
        facts[CURVE] = best_so_far(result["curves"][quality], direction)
    tags = {
        VALUES: json.dumps(values),
        "kdorch.epoch": str(result["epoch"]),
        "kdorch.weights": result["digest"],
        "kdorch.placement": result["placement"],
        "kdorch.inputs": setting.inputs,
    }
    if stack := result.get("stack"):
        tags["kdorch.stack"] = " ".join(stack)  # for whoever does it again
    return Ending(
        flight,
        "complete",
        lambda record: record.tell(flight.trial.number, values),
        facts=facts,
        limits=setting.limits,
        tags=tags,
        curves=result["curves"],
        metrics=metrics,
        files=[flight.parcel.weights],
    )


def pruned(flight: Flight) -> Ending:
    """Return that it was given up: its curves are worth keeping, and its weights are not."""
    result = flight.result
    when = {"epoch": result["pruned"], "epochs": flight.plan.spec["train"]["epochs"]}
    tags = {
        "kdorch.pruned": f"after epoch {when['epoch']} of {when['epochs']}",
        "kdorch.placement": result["placement"],
    }
    return Ending(
        flight,
        "pruned",
        lambda record: record.give_up(flight.trial.number, when),
        tags=tags,
        curves=result["curves"],
        metrics=result["metrics"],
    )


def failed(flight: Flight, reason: str, traceback: str = "") -> Ending:
    """Return that it cannot succeed."""
    return Ending(
        flight,
        "failed",
        lambda record: record.fail(flight.trial.number, reason),
        tags={REASON: reason},
        files=[flight.parcel.explain(traceback)] if traceback else [],
    )


def refused(flight: Flight, setting: Setting) -> Ending:
    """Return that a proposal breaks a limit before it is trained."""
    metrics, excess = flight.result["metrics"], flight.result["infeasible"]
    return Ending(
        flight,
        None,
        lambda record: record.prune(flight.trial.number, excess),
        limits=[limit for limit in setting.limits if limit.metric in metrics],
        metrics=metrics,
    )
