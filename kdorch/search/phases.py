"""What is trained: the trials of the search, and then the best of them on fresh seeds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import optuna
from optuna.trial import TrialState

from kdorch.search.pruning import Hurdle
from kdorch.search.recipes import Recipes
from kdorch.search.record import Record
from kdorch.search.sampling import suggest
from kdorch.search.scratch import Twin, budget, from_scratch
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

    kind: Literal["trial", "scratch", "confirm", "baseline"]
    name: str
    params: dict[str, Any]
    spec: dict[str, Any]
    tags: dict[str, str] = field(default_factory=dict)


class Searching:
    """The search: parameters come from Optuna."""

    title = "search"
    kind: Literal["trial", "scratch"] = "trial"

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
            kind=self.kind,
            name=self._name(trial.number),
            params=flat(tree) | params,
            spec=plan_spec(tree, self.study.seed) | bar,
        )

    def _name(self, number: int) -> str:
        return f"{self.study.name}-{number:04d}"


class FromScratch(Searching):
    """The search for the best students without a teacher, of equal budget, proposed and trained alike."""

    title = "scratch"
    kind = "scratch"

    def __init__(self, study: Study, record: Record, trials: int) -> None:
        super().__init__(from_scratch(study), record, budget(study, trials))

    def _name(self, number: int) -> str:
        return f"{self.study.name}-scratch-{number:04d}"


def most_at_once(study: Study, trials: int, workers: int) -> int:
    """Return how many trials of a search to ask for at once: who learns from them needs some rounds."""
    search = study.search
    if search.sampler == "random" and search.pruner == "none":
        return trials
    return math.ceil(trials / (_ROUNDS * workers))


class Confirming:
    """The confirmation: the best of the front on fresh seeds, each with its twin without the teacher.

    Args:
        study: The study.
        record: Of the confirmation.
        candidates: Trials of the search.
        recipes: Looks up what they are.
        twins: Of each of them, where twins have a search of their own; none as long as that goes on.
    """

    title = "confirmation"

    def __init__(
        self,
        study: Study,
        record: Record,
        candidates: Iterable[int],
        recipes: Recipes,
        twins: Mapping[int, Twin] | None = None,
    ) -> None:
        self.study, self.record, self._recipes, self._twins = study, record, recipes, twins or {}
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
        for candidate in candidates:
            twin = self._twin(candidate)
            for number in range(self.study.confirm.seeds):
                plan = {"candidate": candidate, "seed": self.study.seed + _FRESH + number}
                yield {**plan, "role": "confirm"}
                if twin is not None:
                    yield {**plan, "role": "baseline", **twin}

    def _twin(self, candidate: int) -> dict[str, Any] | None:
        """Return what a plan says of a candidate's twin; None if it has none."""
        if self.study.confirm.baseline == "paired":
            return {}
        twin = self._twins.get(candidate)
        return {"twin": twin.trial, "resized": twin.resized} if twin else None

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
        tree = self._recipes.tree(chosen)
        twin = {"kdorch.twin": str(chosen["twin"])} if "twin" in chosen else {}
        return Plan(
            kind=role,
            name=f"{self.study.name}-{candidate:04d}-{role}-{seed}",
            params=flat(tree) | self._recipes.params(chosen) | {"seed": seed},
            spec=plan_spec(tree, seed) | {"sample": seed == self.study.seed + _FRESH},
            tags={"kdorch.candidate": str(candidate), "kdorch.seed": str(seed), **twin},
        )


def plan_spec(tree: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """Return what a worker gets; under ``teacher`` that has the directory of what is stored."""
    return {"recall" if name == "teacher" else name: part for name, part in tree.items()} | {"seed": seed}


def _identity(plan: Mapping[str, Any]) -> tuple[int, int, str, int | None]:
    return (plan["candidate"], plan["seed"], plan["role"], plan.get("twin"))


def flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the leaves of a tree under their dotted paths; a part's name stands under the part itself."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        path = prefix.rstrip(".") if key == "use" else prefix + key
        found |= flat(value, f"{path}.") if isinstance(value, Mapping) else {path: value}
    return found
