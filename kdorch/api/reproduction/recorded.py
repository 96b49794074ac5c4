"""What a study's record says of one training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kdorch.api.reproduction.agreement import Outcome
from kdorch.api.results import Results
from kdorch.errors import ChoiceError
from kdorch.search.record import PRUNED
from kdorch.study.space import bind

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial


@dataclass(frozen=True)
class Recorded:
    """What is known of a training.

    Attributes:
        who: It, in words.
        name: It, among those that it shared a stack with.
        specs: What a worker gets for each of them, in order.
        outcome: What came of it.
        weights: The file.
        placement: How it was placed.
        inputs: What it depends on besides its study; empty if that was not noted.
    """

    who: str
    name: str
    specs: Mapping[str, Mapping[str, Any]]
    outcome: Outcome
    weights: bytes
    placement: str
    inputs: Mapping[str, Any]


def recorded(results: Results, trial: int, seed: int | None, uri: str) -> Recorded:
    """Return what is known of a trial, or of its confirmation with a seed.

    Raises:
        ChoiceError: If there is no such complete training.
        TrackingError: If its run cannot be read.
    """
    from kdorch.api.weights import fetch_file
    from kdorch.tracking.history import history

    searched = _searched(results, trial)
    done = searched if seed is None else _confirmed(results, trial, seed)
    name = f"{'trial' if seed is None else 'confirm'}-{done.number}"
    known = done.user_attrs
    run = history(known["run_id"], uri)
    return Recorded(
        who=f"Trial {trial}" + ("" if seed is None else f", confirmed with seed {seed},"),
        name=name,
        specs=_specs(results, run.tags.get("kdorch.stack", name).split()),
        outcome=Outcome(known["weights"], int(run.tags["kdorch.epoch"]), known["metrics"], run.curves),
        weights=fetch_file(known["run_id"], known["weights"], uri),
        placement=run.tags["kdorch.placement"],
        inputs=results.record.get("inputs", {}).get(run.tags.get("kdorch.inputs"), {}),
    )


def _specs(results: Results, names: list[str]) -> dict[str, dict[str, Any]]:
    """Return what a worker got for each of some trainings, which are named by kind and number."""
    from kdorch.search.phases import plan_spec

    study, found = results.study, {}
    for name in names:
        kind, number = name.split("-")
        record = results.searched if kind == "trial" else results.confirmations
        trial = record.trials()[int(number)]
        plan = trial.user_attrs.get("plan")
        tree = results.recipes.tree(plan) if plan else bind(study, trial.params)
        # What was given up left its stack then, which the others are not to notice.
        until = {"until": trial.user_attrs[PRUNED]["epoch"]} if PRUNED in trial.user_attrs else {}
        found[name] = plan_spec(tree, plan["seed"] if plan else study.seed) | until
    return found


def _searched(results: Results, trial: int) -> FrozenTrial:
    number = int(results.choose(trial=trial)["trial"])
    return next(each for each in results.searched.complete() if each.number == number)


def _confirmed(results: Results, trial: int, seed: int) -> FrozenTrial:
    table = results.confirmed_of(trial)
    wanted = {"candidate": trial, "seed": seed, "role": "confirm"}
    for each in results.confirmations.complete() if len(table) else ():
        if each.user_attrs["plan"] == wanted:
            return each
    seeds = ", ".join(map(str, sorted(table["seed"]))) if len(table) else "none"
    raise ChoiceError(
        f"Trial {trial} was not confirmed with seed {seed}. Seeds that it was confirmed with: {seeds}."
    )
