"""Let a sampler see some of many trials: what it costs grows with what it sees, TPE 135 ms at 10,000."""

from __future__ import annotations

import math
from collections.abc import Container, Sequence
from random import Random
from typing import Any

import numpy as np
from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.search_space import IntersectionSearchSpace
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from kdorch.choosing.front import Floats, non_dominated

_FRONT, _NEWEST = 5, 2  # one in so many of those that are seen
_TOLD = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING)


class Selecting(BaseSampler):  # type: ignore[misc]
    """Another sampler, for one trial of a long study.

    Args:
        sampler: The other one.
        most: How many trials it sees; where there are fewer, nothing changes.
        seed: Of this trial.
        space: What all trials of the study have in common, kept from one trial to the next; None for the
            other sampler to look at all of them again.
    """

    def __init__(
        self, sampler: BaseSampler, most: int, seed: int, space: IntersectionSearchSpace | None = None
    ) -> None:
        self._sampler, self._most, self._seed, self._space = sampler, most, seed, space
        self._seen: Study | None = None

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """See ``BaseSampler``."""
        found: dict[str, BaseDistribution]
        if self._space is None:
            found = self._sampler.infer_relative_search_space(self._some(study), trial)
            return found
        found = self._space.calculate(study)
        return {name: each for name, each in found.items() if not each.single()}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """See ``BaseSampler``."""
        found: dict[str, Any] = self._sampler.sample_relative(self._some(study), trial, search_space)
        return found

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """See ``BaseSampler``."""
        return self._sampler.sample_independent(self._some(study), trial, param_name, param_distribution)

    def _some(self, study: Study) -> Study:
        if self._seen is None:
            trials = study.get_trials(deepcopy=False, states=_TOLD)
            few = len(trials) <= self._most
            self._seen = study if few else _Excerpt(study, self._selected(study, trials))
        return self._seen

    def _selected(self, study: Study, trials: list[FrozenTrial]) -> list[FrozenTrial]:
        return select(trials, study.directions, self._most, self._seed)


class _Excerpt(Study):  # type: ignore[misc]
    """A study of which some trials are seen."""

    def __init__(self, study: Study, trials: Sequence[FrozenTrial]) -> None:
        super().__init__(study.study_name, study._storage, study.sampler, study.pruner)
        self._trials = trials

    def _get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None, use_cache: bool = False
    ) -> list[FrozenTrial]:
        return [trial for trial in self._trials if states is None or trial.state in states]


def select(
    trials: Sequence[FrozenTrial], directions: Sequence[StudyDirection], most: int, seed: int
) -> list[FrozenTrial]:
    """Return the trials to learn from: those that run, the front, the newest, and others drawn by chance.

    Args:
        trials: In their order; none that waits or has failed.
        directions: Of the objectives.
        most: How many of them, beside those that run.
        seed: Of the draw.

    Returns:
        Those trials, in the same order.
    """
    ended = [position for position, trial in enumerate(trials) if trial.state != TrialState.RUNNING]
    chosen = {*ended[-most // _NEWEST :], *_front(trials, directions, most // _FRONT)}
    others = [position for position in ended if position not in chosen]
    chosen |= set(Random(seed).sample(others, min(len(others), most - len(chosen))))  # noqa: S311
    dropped = set(ended) - chosen
    return [trial for position, trial in enumerate(trials) if position not in dropped]


def _front(trials: Sequence[FrozenTrial], directions: Sequence[StudyDirection], most: int) -> list[int]:
    """Return the positions of the front, or of some all along it: the first front that keeps the limits."""
    ended = [place for place, trial in enumerate(trials) if trial.state == TrialState.COMPLETE]
    signs = [-1.0 if direction == StudyDirection.MAXIMIZE else 1.0 for direction in directions]
    costs: Floats = np.array([trials[place].values for place in ended]).reshape(-1, len(signs)) * signs
    left = np.array(ended, dtype=np.int64)
    found: list[int] = []
    while not found and len(left):
        front = non_dominated(costs)
        found = [place for place in left[front].tolist() if _keeps_limits(trials[place])]
        left, costs = np.delete(left, front), np.delete(costs, front, axis=0)
    return found[:: math.ceil(len(found) / most) or 1]


def _keeps_limits(trial: FrozenTrial) -> bool:
    return all(excess <= 0 for excess in trial.constraints.values())
