"""The trials of one phase in Optuna, which is the source of truth: a trial exists once it is told."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import optuna
from optuna.search_space import IntersectionSearchSpace
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState

from kdorch.search.journal import Journal
from kdorch.search.sampling import sampler
from kdorch.stopwatch import part
from kdorch.study.limits import Limit

ATTEMPTS = 3  # a job that took its worker down this often is given up
_FRUITLESS = 5  # failures in a session after which no more is asked of a search without any result
INFEASIBLE = "infeasible"
PRUNED = "pruned"
CURVE = "curve"
_SUPERSEDED = "superseded"
_DEATHS = "deaths"


class Record:
    """Ask, tell and count, under our conventions for a trial's attributes.

    ``metrics``: everything measured; ``run_id``: its MLflow run; ``plan``: what to train where parameters do
    not say it; ``attempt``, ``deaths`` (of its workers) and ``retry_of``: of a trial that repeats one whose
    process died; ``reason``: why it failed; ``curve``: its best score so far after each epoch, where others
    are given up by it; ``pruned``: the ``epoch`` after which it was itself, of how many ``epochs``.
    """

    def __init__(
        self,
        journal: Journal,
        name: str,
        directions: Sequence[str],
        *,
        kinds: Sequence[str] = ("trial",),
        method: str = "random",
        seed: int = 0,
    ) -> None:
        self._journal, self._method, self._seed = journal, method, seed
        self.kinds = kinds  # of its runs; where there are several, a plan says which
        self._space = IntersectionSearchSpace(include_pruned=True)
        self.study = _open(journal, name, directions)
        trials = self.trials()
        self.counted = sum(map(_counts, trials))
        self.infeasible: int = sum(map(_was_refused, trials))
        self.waiting: int = sum(trial.state == TrialState.WAITING for trial in trials)
        self._asked = len(trials) - self.waiting
        self._failed = 0  # in this session

    def trials(self, *states: TrialState) -> list[FrozenTrial]:
        """Return the trials in these states, or all."""
        found: list[FrozenTrial] = self.study.get_trials(deepcopy=False, states=states or None)
        return found

    @property
    def hopeless(self) -> bool:
        """Whether all trials of this session have failed, and those before it: so will the others."""
        if self._failed < _FRUITLESS:
            return False
        return not self.complete() and not self.pruned()

    def failures(self) -> list[str]:
        """Return why each failed, of those that are not done again."""
        failed = self.trials(TrialState.FAIL)
        return [trial.user_attrs["reason"] for trial in failed if _SUPERSEDED not in trial.user_attrs]

    def complete(self) -> list[FrozenTrial]:
        """Return the complete trials."""
        return self.trials(TrialState.COMPLETE)

    def label(self, trial: Trial | FrozenTrial) -> str:
        """Return the name of a trial among those of all phases."""
        plan = trial.user_attrs.get("plan")
        return f"{plan['role'] if plan else self.kinds[0]}-{trial.number}"

    def running(self) -> list[FrozenTrial]:
        """Return the trials that are asked for and not told."""
        return self.trials(TrialState.RUNNING)

    def resume(self, trial: FrozenTrial) -> Trial:
        """Return a trial that runs, for whoever has its result."""
        return Trial(self.study, trial._trial_id)

    def together(self) -> AbstractContextManager[None]:
        """Bring what is written meanwhile to disk at the end, at once."""
        return self._journal.together()

    @part("Optuna ask")
    def enqueue(self, plan: Mapping[str, Any]) -> None:
        """Add a trial that is described by a plan rather than by parameters."""
        self.study.enqueue_trial({}, user_attrs={"plan": dict(plan)})
        self.waiting += 1

    def withdraw(self, trial: FrozenTrial) -> None:
        """Take back a trial that waits, or whose result does."""
        self.annotate(trial.number, _SUPERSEDED, True)
        self.annotate(trial.number, "reason", "no longer wanted")
        self.study._storage.set_trial_state_values(trial._trial_id, TrialState.FAIL)
        self.waiting -= trial.state == TrialState.WAITING

    def plans(self) -> list[Mapping[str, Any]]:
        """Return the plan of each trial that waits, runs or came to its end."""
        return [
            trial.user_attrs["plan"]
            for trial in self.trials()
            if "plan" in trial.user_attrs and _SUPERSEDED not in trial.user_attrs
        ]

    def ask(self) -> Trial:
        """Return the next trial: one that waits, or a new one."""
        self.study.sampler = sampler(self._method, self._seed, self._asked, self._space)
        trial = self.study.ask()
        self._asked += 1
        self.waiting -= "retry_of" in trial.user_attrs or "plan" in trial.user_attrs
        return trial

    def tell(self, trial: int, values: Sequence[float]) -> None:
        """Complete a trial: from here on it exists."""
        self.study.tell(trial, list(values))
        self.counted += 1

    def prune(self, trial: int, excess: Mapping[str, float]) -> None:
        """Give up a proposal that breaks a limit before it is trained."""
        self.annotate(trial, INFEASIBLE, dict(excess))
        self.study.tell(trial, state=TrialState.PRUNED)
        self.infeasible += 1

    def give_up(self, trial: int, when: Mapping[str, int]) -> None:
        """End a trial that could not have reached the front any more."""
        self.annotate(trial, PRUNED, dict(when))
        self.study.tell(trial, state=TrialState.PRUNED)
        self.counted += 1

    def pruned(self) -> list[FrozenTrial]:
        """Return the trials that were given up in their training."""
        return [trial for trial in self.trials(TrialState.PRUNED) if PRUNED in trial.user_attrs]

    def fail(self, trial: int, reason: str) -> None:
        """End a trial that cannot succeed."""
        self.annotate(trial, "reason", reason)
        self.study.tell(trial, state=TrialState.FAIL)
        self.counted += 1
        self._failed += 1

    def retry(self, trial: FrozenTrial, reason: str, *, counts: bool = True, died: bool = True) -> bool:
        """End a trial whose process died, and have it done again; False if it was tried often enough.

        The same parameters and plan are used. A trial that died before it had any leaves nothing to repeat.

        Args:
            trial: As it was when its process died.
            reason: Why it did.
            counts: Whether this was an attempt, and not one that somebody called off.
            died: Whether its own worker died. Only that gives it up: of those that were interrupted with the
                whole study, dozens at once, none need be to blame.
        """
        attempt = trial.user_attrs.get("attempt", 1)
        deaths = trial.user_attrs.get(_DEATHS, 0) + (counts and died)
        if deaths >= ATTEMPTS:
            self.fail(trial.number, f"{reason}; tried {attempt} times")
            return False
        self.annotate(trial.number, _SUPERSEDED, True)
        self.annotate(trial.number, "reason", reason)
        self._repeat(trial, {"attempt": attempt + counts, _DEATHS: deaths})
        self.study.tell(trial.number, state=TrialState.FAIL)
        return True

    def _repeat(self, trial: FrozenTrial, counts: Mapping[str, int]) -> None:
        """Enqueue a trial again, once: whoever did so before may have been killed before it said so."""
        if any(other.user_attrs.get("retry_of") == trial.number for other in self.trials()):
            return
        params = trial.user_attrs.get("params", {}) | trial.params
        plan = {key: trial.user_attrs[key] for key in ("plan",) if key in trial.user_attrs}
        if params or plan:
            again = {**counts, "retry_of": trial.number, "params": params, **plan}
            self.study.enqueue_trial(params, user_attrs=again)
            self.waiting += 1

    def constrain(self, trial: Trial, metrics: Mapping[str, float], limits: Iterable[Limit]) -> None:
        """Tell Optuna how far each metric is from its limit, once; at or below zero keeps it."""
        for limit in limits:
            if limit.metric in self.study._storage.get_trial(trial._trial_id).constraints:
                continue  # by a session that was killed before it told the trial
            excess = limit.excess(metrics[limit.metric])
            trial.set_constraint(limit.metric, excess if math.isfinite(excess) else 1e9)

    def annotate(self, trial: int, key: str, value: Any) -> None:
        """Set an attribute of a trial that has not been told."""
        storage, study_id = self.study._storage, self.study._study_id
        storage.set_trial_user_attr(
            storage.get_trial_id_from_study_id_trial_number(study_id, trial), key, value
        )


def begun(journal: Journal) -> list[str]:
    """Return whose trials there are; a ``Record`` of any other name would be begun by looking at it."""
    return [study.study_name for study in journal.get_all_studies()]


def _open(journal: Journal, name: str, directions: Sequence[str]) -> Study:
    """Return the trials of this name; only if there are none is anything written, so that all may look."""
    try:
        return optuna.load_study(study_name=name, storage=journal, sampler=sampler("random", 0, 0))
    except KeyError:
        towards = ["maximize" if direction == "max" else "minimize" for direction in directions]
        return optuna.create_study(
            study_name=name, storage=journal, directions=towards, sampler=sampler("random", 0, 0)
        )


def _was_refused(trial: FrozenTrial) -> bool:
    return bool(trial.state == TrialState.PRUNED and INFEASIBLE in trial.user_attrs)


def _counts(trial: FrozenTrial) -> bool:
    """Whether a trial counts towards the number that was asked for."""
    if INFEASIBLE in trial.user_attrs or _SUPERSEDED in trial.user_attrs:
        return False
    return bool(trial.state.is_finished())
