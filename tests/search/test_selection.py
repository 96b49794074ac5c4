"""What a sampler sees of a long study, and that it sees all of a short one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.samplers import BaseSampler, GPSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState

from kdorch.search.selection import Selecting, select

BOTH = (TrialState.COMPLETE, TrialState.PRUNED)


class Spy(RandomSampler):  # type: ignore[misc]
    """Notes what it is shown."""

    def __init__(self) -> None:
        super().__init__(seed=0)
        self.seen: list[FrozenTrial] = []

    def sample_independent(self, study: Any, trial: Any, param_name: str, param_distribution: Any) -> Any:
        self.seen = study.get_trials(deepcopy=False)
        return super().sample_independent(study, trial, param_name, param_distribution)


def a_study(count: int, *, limit: float | None = None) -> optuna.Study:
    """Trials whose quality falls with their number, and every tenth of the first half is on the front."""
    study = optuna.create_study(directions=["maximize", "minimize"], sampler=RandomSampler(seed=0))
    study.set_user_attr("limit", limit)
    for number in range(count):
        best = number % 10 == 0 and number < count / 2
        values = [number + 0.5 if best else -number, number]
        constraints = {} if limit is None else {"constraints:size": number - limit}
        study.add_trial(
            optuna.create_trial(
                values=values,
                params={"x": number / count},
                distributions={"x": FloatDistribution(0, 1)},
                system_attrs=constraints,
            )
        )
    return study


def ask(study: optuna.Study, sampler: BaseSampler) -> float:
    study.sampler = sampler
    return float(study.ask().suggest_float("x", 0, 1))


def numbers(trials: Sequence[FrozenTrial]) -> list[int]:
    return [trial.number for trial in trials]


def test_a_sampler_sees_all_of_a_short_study() -> None:
    short, spy = a_study(50), Spy()
    ask(short, Selecting(spy, 60, 0))
    assert numbers(spy.seen) == list(range(51))  # and the trial that it proposes for
    plain = [ask(a_study(50), TPESampler(seed=seed, multivariate=True)) for seed in range(3)]
    wrapped = [
        ask(a_study(50), Selecting(TPESampler(seed=seed, multivariate=True), 60, seed)) for seed in range(3)
    ]
    assert wrapped == plain


def test_of_a_long_one_it_sees_the_front_the_newest_and_some_others() -> None:
    study, spy = a_study(200), Spy()
    running = [study.ask().number for _ in range(3)]
    ask(study, Selecting(spy, 60, 0))
    seen = numbers(spy.seen)
    assert seen == sorted(seen)
    assert len(seen) == 60 + len(running) + 1
    assert {*range(0, 100, 10), *range(170, 200), *running} <= {*seen}
    assert len([number for number in seen if number < 170 and (number % 10 or number > 100)]) == 20


def test_the_same_seed_sees_the_same_and_another_seed_others() -> None:
    study = a_study(200)
    one, again, other = (
        numbers(select(study.get_trials(states=BOTH), study.directions, 60, seed)) for seed in (1, 1, 2)
    )
    assert one == again
    assert one != other


def test_a_front_that_is_too_long_is_seen_all_along() -> None:
    study = a_study(2000)
    seen = numbers(select(study.get_trials(), study.directions, 50, 0))
    front = [number for number in seen if number % 10 == 0 and number < 1000]
    assert len(seen) == 50
    assert max(after - before for before, after in pairwise(front)) <= 100
    assert front[-1] == 990


@pytest.mark.parametrize("limit", [35.0, -1.0])
def test_what_breaks_a_limit_is_not_taken_for_the_front(limit: float) -> None:
    study = a_study(200, limit=limit)
    seen = numbers(select(study.get_trials(), study.directions, 60, 3))
    assert len(seen) == 60
    kept = {number for number in range(0, 100, 10) if number <= limit}
    assert kept <= {*seen}
    assert len({*range(0, 100, 10)} - {*seen}) > 0


@pytest.mark.parametrize("make", [TPESampler, pytest.param(GPSampler, marks=pytest.mark.slow)])
def test_samplers_learn_from_what_they_see(make: Any) -> None:
    study = optuna.create_study(directions=["minimize", "minimize"])
    for number in range(60):
        x = number / 60
        study.add_trial(
            optuna.create_trial(
                values=[abs(x - 0.3), abs(x - 0.3)],
                params={"x": x},
                distributions={"x": FloatDistribution(0, 1)},
            )
        )
    proposals = [ask(study, Selecting(make(seed=seed), 40, seed)) for seed in range(5)]
    assert sorted(proposals)[2] == pytest.approx(0.3, abs=0.1)
