"""What is trained: the trials of the search, and then the best of them on fresh seeds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import optuna
from optuna.trial import TrialState

from kdorch.search.pruning import Hurdle
from kdorch.search.record import Record
from kdorch.search.sampling import suggest
from kdorch.study import Study
from kdorch.study.space import bind, space

_PROPOSALS = 10  # times the trials: how many proposals may break a limit before training
_ROUNDS = 4  # of trials asked for without knowing of each other, at least, in a search
_FRESH = 1000  # added to the study's seed: the first seed of the confirmation


@dataclass(frozen=True)
class Plan:
    """One training, ready to be given to a worker.

    Attributes:
        kind: What the run is called in MLflow.
        name: The run's name.
        params: Dotted paths, as MLflow shows them.
        tags: Beside those that every run has.
        spec: What ``training.trial.run`` takes of one trial.
    """

    kind: Literal["trial", "confirm", "baseline"]
    name: str
    params: dict[str, Any]
    spec: dict[str, Any]
    tags: dict[str, str] = field(default_factory=dict)


class Searching:
    """The search: parameters come from Optuna."""

    title = "search"

    def __init__(self, study: Study, record: Record, trials: int) -> None:
        self.study, self.record, self.total = study, record, trials
        self._dimensions = space(study)
        self._hurdle = Hurdle(study, record) if study.search.pruner == "optimistic" else None

    def left(self, running: int) -> int:
        """Return how many trials to start beside those that run."""
        if self.record.infeasible >= _PROPOSALS * self.total or self.record.hopeless:
            return 0
        return max(self.record.waiting, self.total - self.record.counted - running)

    def most(self, workers: int) -> int:
        """Return how many trials to ask for at once."""
        return most_at_once(self.study, self.total, workers)

    def plan(self, trial: optuna.Trial) -> Plan:
        """Return the training that the trial's parameters describe."""
        params = suggest(trial, self._dimensions)
        tree = bind(self.study, params)
        bar = {"bar": self._hurdle.bar(tree["train"]["epochs"])} if self._hurdle else {}
        return Plan(
            kind="trial",
            name=f"{self.study.name}-{trial.number:04d}",
            params=flat(tree) | params,
            spec=plan_spec(tree, self.study.seed) | bar,
        )


def most_at_once(study: Study, trials: int, workers: int) -> int:
    """Return how many trials of a search to ask for at once: who learns from them needs some rounds."""
    search = study.search
    if search.sampler == "random" and search.pruner == "none":
        return trials
    return math.ceil(trials / (_ROUNDS * workers))


class Confirming:
    """The confirmation: the best of the front on fresh seeds, each with its twin without the teacher."""

    title = "confirmation"

    def __init__(
        self,
        study: Study,
        record: Record,
        candidates: Iterable[int],
        params: Mapping[int, Mapping[str, Any]],
    ) -> None:
        self.study, self.record, self._params = study, record, params
        wanted = {_identity(plan): plan for plan in self._wanted(candidates)}
        for trial in record.trials(TrialState.WAITING, TrialState.RUNNING):
            if _identity(trial.user_attrs["plan"]) not in wanted:  # of an earlier front
                record.withdraw(trial)
        known = set(map(_identity, record.plans()))
        for identity, plan in wanted.items():
            if identity not in known:
                record.enqueue(plan)
        self.total = record.counted + record.waiting + len(record.running())

    def _wanted(self, candidates: Iterable[int]) -> Iterable[dict[str, Any]]:
        roles = ("confirm", "baseline") if self.study.confirm.baseline == "paired" else ("confirm",)
        for candidate in candidates:
            for number in range(self.study.confirm.seeds):
                for role in roles:
                    yield {"candidate": candidate, "seed": self.study.seed + _FRESH + number, "role": role}

    def left(self, running: int) -> int:
        """Return how many to start."""
        return self.record.waiting

    def most(self, workers: int) -> int:
        """Return how many to start at once: nobody learns from them."""
        return self.total

    def plan(self, trial: optuna.Trial) -> Plan:
        """Return the training that the trial's plan describes."""
        chosen = trial.user_attrs["plan"]
        candidate, seed, role = chosen["candidate"], chosen["seed"], chosen["role"]
        params = self._params[candidate]
        tree = bound(self.study, params, role)
        if role == "baseline":
            params = {path: value for path, value in params.items() if not path.startswith("losses.")}
        return Plan(
            kind=role,
            name=f"{self.study.name}-{candidate:04d}-{role}-{seed}",
            params=flat(tree) | dict(params) | {"seed": seed},
            spec=plan_spec(tree, seed) | {"sample": seed == self.study.seed + _FRESH},
            tags={"kdorch.candidate": str(candidate), "kdorch.seed": str(seed)},
        )


def bound(study: Study, params: Mapping[str, Any], role: str) -> dict[str, Any]:
    """Return what is trained of a candidate with these parameters, as a plan's role says."""
    tree = bind(study, params)
    if role == "baseline":
        tree["losses"] = {"task": _labels_alone(tree["losses"])}
    return tree


def _labels_alone(losses: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the loss on the labels, with the classes weighted as the study does, and nothing beside it."""
    own = next((loss for loss in losses.values() if loss["use"] == "task"), {"use": "task"})
    return {**own, "weight": 1.0}


def plan_spec(tree: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """Return what a worker gets; under ``teacher`` that has the directory of what is stored."""
    return {"recall" if name == "teacher" else name: part for name, part in tree.items()} | {"seed": seed}


def _identity(plan: Mapping[str, Any]) -> tuple[int, int, str]:
    return (plan["candidate"], plan["seed"], plan["role"])


def flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the leaves of a tree under their dotted paths; a part's name stands under the part itself."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        path = prefix.rstrip(".") if key == "use" else prefix + key
        found |= flat(value, f"{path}.") if isinstance(value, Mapping) else {path: value}
    return found
