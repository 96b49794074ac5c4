"""Which trainings a study wants, and what each of them is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import TrialState

from kdorch.search.journal import open_journal
from kdorch.search.phases import Confirming, Searching, flat
from kdorch.search.recipes import Recipes
from kdorch.search.record import Record
from kdorch.study import Study

PARAMS = {
    number: {"student.width": 4 + number, "losses.kd.temperature": 2.0, "train.lr": 0.01}
    for number in range(9)
}


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(open_journal(tmp_path / "optuna.journal"), "trials", ["max", "min"])


@pytest.fixture
def make(tree: Callable[..., Mapping[str, Any]]) -> Callable[..., Study]:
    return lambda **sections: Study(**tree(**sections))


@pytest.fixture
def confirming(record: Record, make: Callable[..., Study]) -> Callable[..., Confirming]:
    def begin(*candidates: int, **confirm: Any) -> Confirming:
        study = make(confirm={"seeds": 2} | confirm)
        return Confirming(study, record, candidates, Recipes(study, PARAMS))

    return begin


def waiting(record: Record) -> list[tuple[Any, ...]]:
    found = record.trials(TrialState.WAITING)
    return [tuple(trial.user_attrs["plan"][key] for key in ("candidate", "seed", "role")) for trial in found]


def test_a_search_leaves_its_sampler_rounds_to_learn_from(record: Record, make: Any) -> None:
    learning = make(search={"sampler": "tpe"})
    assert Searching(learning, record, trials=40).most(workers=2) == 5
    assert Searching(learning, record, trials=3).most(workers=2) == 1
    assert Searching(make(search={"sampler": "random"}), record, trials=40).most(workers=2) == 40


def test_a_search_wants_its_trials_and_no_more(record: Record, make: Any) -> None:
    search = Searching(make(), record, trials=3)
    assert search.left(2)
    assert not search.left(3)
    for values in ([0.5, 10], [0.6, 20]):
        record.tell(record.ask().number, values)
    assert search.left(0)
    record.fail(record.ask().number, "diverged")
    assert not search.left(0)
    assert Searching(make(), record, trials=4).left(0)


def test_a_lost_trial_is_wanted_beyond_those_that_run(record: Record, make: Any) -> None:
    search = Searching(make(), record, trials=1)
    trial = record.ask()
    search.plan(trial)
    assert not search.left(1)
    record.retry(record.trials()[trial.number], "lost")
    assert search.left(0)
    assert search.plan(record.ask()).params == search.plan(trial).params
    assert not search.left(1)


def test_proposals_that_break_a_limit_stop_at_ten_times_the_trials(record: Record, make: Any) -> None:
    search = Searching(make(), record, trials=2)
    for _ in range(20):
        assert search.left(0)
        record.prune(record.ask().number, {"size/params": 1.0})
    assert not search.left(0)
    assert record.counted == 0


def test_a_trial_is_trained_with_its_parameters_and_the_seed_of_the_study(record: Record, make: Any) -> None:
    trial = record.ask()
    plan = Searching(make(seed=5), record, trials=1).plan(trial)
    assert plan.kind == "trial"
    assert plan.spec["seed"] == 5
    assert plan.spec["student"] == {"use": "mlp", "width": trial.params["student.width"], "depth": 1}
    assert plan.params["student"] == "mlp"
    assert plan.params["losses.kd.temperature"] == trial.params["losses.kd.temperature"]
    assert plan.params["train.lr"] == plan.spec["train"]["lr"] == trial.params["train.lr"]


def test_each_candidate_is_confirmed_on_fresh_seeds_each_with_its_twin(
    confirming: Any, record: Record
) -> None:
    assert confirming(3, 7).total == 8
    assert waiting(record) == [
        (candidate, seed, role)
        for candidate in (3, 7)
        for seed in (1000, 1001)
        for role in ("confirm", "baseline")
    ]


def test_without_a_baseline_there_are_no_twins(confirming: Any, record: Record) -> None:
    confirming(3, baseline="none")
    assert [role for _, _, role in waiting(record)] == ["confirm", "confirm"]


def test_a_twin_differs_in_its_losses_only(confirming: Any, record: Record) -> None:
    phase = confirming(3)
    confirmed, twin = (phase.plan(record.ask()) for _ in range(2))
    assert (confirmed.kind, twin.kind) == ("confirm", "baseline")
    assert confirmed.spec["losses"].keys() == {"task", "kd"}
    assert twin.spec["losses"] == {"task": {"use": "task", "weight": 1.0}}
    assert {**twin.spec, "losses": None} == {**confirmed.spec, "losses": None}
    assert twin.spec["seed"] == 1000
    assert not [path for path in twin.params if path.startswith("losses.kd")]


def test_a_twin_weights_the_classes_as_its_student_does(record: Record, make: Any) -> None:
    losses = {
        "labels": {"use": "task", "weight": 0.1, "class_weights": "balanced"},
        "kd": {"use": "hinton", "weight": 0.9},
    }
    study = make(losses=losses, confirm={"seeds": 1})
    phase = Confirming(study, record, [3], Recipes(study, PARAMS))
    _confirmed, twin = (phase.plan(record.ask()) for _ in range(2))
    assert twin.spec["losses"] == {"task": {"use": "task", "weight": 1.0, "class_weights": "balanced"}}


def test_what_is_confirmed_or_waits_is_not_planned_again(confirming: Any, record: Record) -> None:
    record.tell((confirming(3).plan(record.ask()), 0)[1], [0.9, 10])
    assert confirming(3).total == 4
    assert len(waiting(record)) == 3


def test_another_front_withdraws_what_waits_for_the_old_one(confirming: Any, record: Record) -> None:
    first = confirming(3, 7)
    first.plan(record.ask())
    record.tell(0, [0.9, 10])
    second = confirming(7, 8)
    assert {candidate for candidate, _, _ in waiting(record)} == {7, 8}
    assert second.total == 1 + 8
    while second.left(0):
        trial = record.ask()
        assert second.plan(trial).spec["student"]["width"] in (4 + 7, 4 + 8)
        record.tell(trial.number, [0.9, 10])
    assert confirming(3, 7).total == 9 + 3  # what was withdrawn is wanted again


def test_paths_are_flat_and_a_part_stands_under_its_own_name() -> None:
    tree = {"student": {"use": "mlp", "width": 8}, "train": {"lr": 0.1}, "losses": {"kd": {"use": "hinton"}}}
    assert flat(tree) == {"student": "mlp", "student.width": 8, "train.lr": 0.1, "losses.kd": "hinton"}
