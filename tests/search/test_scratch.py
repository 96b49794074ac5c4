"""The search without a teacher, and whom of it a confirmed student is compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from optuna.trial import TrialState

import kdorch
from kdorch.search.frames import confirmations_frame
from kdorch.search.journal import open_journal
from kdorch.search.looking import tell_twins
from kdorch.search.phases import Confirming, FromScratch
from kdorch.search.recipes import Recipes
from kdorch.search.record import Record
from kdorch.search.scratch import Twin, budget, from_scratch, twin_of
from kdorch.study import Study
from kdorch.study.space import space

SEARCHED = {3: {"student.width": 6, "losses.kd.temperature": 2.0, "train.lr": 0.01}}
SCRATCHED = {8: {"student.width": 5, "train.lr": 0.02}, 9: {"student.width": 24, "train.lr": 0.03}}


@pytest.fixture
def make(tree: Callable[..., dict[str, Any]]) -> Callable[..., Study]:
    return lambda **sections: Study(
        **tree(**{"confirm": {"top": 1, "seeds": 2, "baseline": "tuned"}, **sections})
    )


@pytest.fixture
def record(tmp_path: Path) -> Callable[..., Record]:
    journal = open_journal(tmp_path / "optuna.journal")
    return lambda *kinds: Record(journal, kinds[0], ["max", "min"], kinds=kinds)


def paths(study: Study) -> list[str]:
    return [dimension.path for dimension in space(study)]


def test_what_only_a_teacher_makes_a_difference_to_is_not_searched(make: Any) -> None:
    choice = {"any": [{"use": "hinton"}, {"use": "dist"}]}
    study = make(
        losses={"task": {"use": "task", "weight": 0.1}, "kd": choice},
        tune={
            "student.width": "auto",
            "losses.kd.hinton.temperature": "auto",
            "losses.task.weight": {"low": 0.1, "high": 1.0},
            "losses.task.class_weights": ["balanced", None],
            "train.lr": {"low": 1e-3, "high": 1e-2},
        },
    )
    alone = from_scratch(study)
    assert paths(alone) == ["student.width", "losses.task.class_weights", "train.lr"]
    assert [(loss.name, loss.weight) for loss in alone.losses.values()] == [("task", 1.0)]
    assert alone.tree() | {"losses": 0, "tune": 0} == study.tree() | {"losses": 0, "tune": 0}


def test_whoever_had_no_loss_on_labels_has_one_without_a_teacher(make: Any) -> None:
    alone = from_scratch(make(losses={"kd": {"use": "hinton"}}))
    assert [loss.name for loss in alone.losses.values()] == ["task"]


def test_one_trial_is_as_good_as_many_where_nothing_is_left_to_search(make: Any) -> None:
    assert budget(make(), 40) == 40
    nothing = make(tune={"losses.kd.temperature": "auto"})
    assert (budget(nothing, 40), budget(nothing, 0)) == (1, 0)


def test_a_trial_of_it_learns_from_labels_alone(make: Any, record: Any) -> None:
    trials = record("scratch")
    phase = FromScratch(make(), trials, 5)
    trial = trials.ask()
    plan = phase.plan(trial)
    assert (plan.kind, plan.name, phase.left(0)) == ("scratch", "tiny-scratch-0000", 5)
    assert trial.params.keys() == {"student.width", "train.lr"}
    assert plan.spec["losses"] == {"task": {"use": "task", "weight": 1.0}}
    assert trials.label(trial) == "scratch-0"


def found(*trials: tuple[int, float, int]) -> pd.DataFrame:
    return pd.DataFrame(trials, columns=["trial", "val/accuracy", "size/params"])


@pytest.mark.parametrize(
    ("trials", "twin"),
    [
        (found((1, 0.8, 50), (2, 0.9, 100), (3, 0.95, 101)), Twin(2, resized=False)),
        (found((1, 0.9, 50), (2, 0.9, 100)), Twin(1, resized=False)),
        (found((1, 0.9, 101), (2, 0.95, 200)), Twin(2, resized=True)),
        (found(), None),
    ],
    ids=["the best that is no larger", "of equals the smaller", "all are larger", "nobody"],
)
def test_a_twin_is_the_best_that_is_no_larger(make: Any, trials: pd.DataFrame, twin: Twin | None) -> None:
    assert twin_of(make(), {"val/accuracy": 0.5, "size/params": 100}, trials) == twin


def test_where_less_is_better_the_best_has_least_and_a_second_quality_is_no_size(make: Any) -> None:
    study = make(objectives={"val/nll": "min", "val/ece": "min", "size/params": "min"})
    table = found((1, 0.0, 50), (2, 0.0, 60)).assign(**{"val/nll": [0.4, 0.3], "val/ece": [0.1, 0.9]})
    candidate = {"val/nll": 0.5, "val/ece": 0.2, "size/params": 60}
    assert twin_of(study, candidate, table) == Twin(2, resized=False)


@pytest.fixture
def confirming(make: Any, record: Any) -> Callable[..., tuple[Confirming, Record]]:
    confirmations = record("confirm", "baseline")

    def begin(**twins: Twin) -> tuple[Confirming, Record]:
        study = make()
        recipes = Recipes(study, SEARCHED, SCRATCHED)
        own = {int(name.removeprefix("of_")): twin for name, twin in twins.items()}
        return Confirming(study, confirmations, [3], recipes, own), confirmations

    return begin


def roles(trials: Iterable[Any]) -> list[tuple[Any, ...]]:
    plans = [trial.user_attrs["plan"] for trial in trials]
    return [(plan["role"], plan["seed"], plan.get("twin")) for plan in plans]


def test_a_twin_is_trained_as_it_was_found_on_the_seeds_of_its_student(confirming: Any) -> None:
    phase, trials = confirming(of_3=Twin(8, resized=False))
    assert roles(trials.trials()) == [
        (role, seed, twin) for seed in (1000, 1001) for role, twin in (("confirm", None), ("baseline", 8))
    ]
    student, twin = (phase.plan(trials.ask()) for _ in range(2))
    assert student.spec["losses"].keys() == {"task", "kd"}
    assert twin.spec["losses"].keys() == {"task"}
    assert (twin.spec["student"]["width"], twin.spec["train"]["lr"], twin.spec["seed"]) == (5, 0.02, 1000)
    assert (twin.kind, twin.tags["kdorch.twin"], twin.tags["kdorch.candidate"]) == ("baseline", "8", "3")
    assert not [path for path in twin.params if path.startswith("losses.kd")]


def test_a_twin_that_was_larger_is_trained_at_the_size_of_its_student(confirming: Any) -> None:
    phase, trials = confirming(of_3=Twin(9, resized=True))
    _student, twin = (phase.plan(trials.ask()) for _ in range(2))
    assert (twin.spec["student"]["width"], twin.spec["train"]["lr"]) == (6, 0.03)


def test_as_long_as_nobody_knows_the_twin_students_are_confirmed_alone(confirming: Any) -> None:
    _phase, trials = confirming()
    assert [role for role, _, _ in roles(trials.trials())] == ["confirm", "confirm"]


def test_a_better_twin_takes_the_place_of_the_one_before(confirming: Any) -> None:
    _phase, trials = confirming(of_3=Twin(8, resized=False))
    for number in range(4):
        trial = trials.ask()
        for key, value in {"metrics": {"test/accuracy": number}, "run_id": "r", "weights": "w"}.items():
            trial.set_user_attr(key, value)
        trials.tell(trial.number, [0.9, 10])
    assert confirmations_frame(trials, tuned=True)["twin"].dropna().tolist() == [8, 8]

    _phase, trials = confirming(of_3=Twin(9, resized=True))
    assert roles(trials.trials(TrialState.WAITING)) == [("baseline", 1000, 9), ("baseline", 1001, 9)]
    trial = trials.ask()
    for key, value in {"metrics": {"test/accuracy": 0}, "run_id": "r", "weights": "w"}.items():
        trial.set_user_attr(key, value)
    trials.tell(trial.number, [0.9, 10])
    table = confirmations_frame(trials, tuned=True)
    assert table["role"].tolist() == ["confirm", "confirm", "baseline"]
    assert table["twin"].dropna().tolist() == [9]
    assert "twin" not in confirmations_frame(trials)  # of paired ones there are none


class Heard(kdorch.Observer):
    def __init__(self) -> None:
        self.said = ""

    def say(self, text: str) -> None:
        self.said += text


def test_where_nobody_was_found_it_is_said_why(record: Any) -> None:
    trials, heard = record("scratch"), Heard()
    tell_twins(trials, 2, {}, heard, in_time=False)
    assert heard.said.startswith(
        "the time is up after 0 of 2 trials without the teacher. Run the study again"
    )
    trials.fail(trials.ask().number, "diverged")
    heard.said = ""
    tell_twins(trials, 1, {}, heard, in_time=True)
    assert heard.said == "warning  there is nobody without the teacher to compare with. It failed: diverged"
    heard.said = ""
    tell_twins(trials, 1, {3: Twin(0, resized=True)}, heard, in_time=True)
    assert (
        "trial 3 is compared with trial 0 of the search without the teacher, trained at its own size"
        in heard.said
    )
