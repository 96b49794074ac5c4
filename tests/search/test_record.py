"""Asking, telling and counting, on a real journal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import TrialState

from kdorch.search.journal import open_journal
from kdorch.search.record import Record
from kdorch.study.limits import Limit

Open = Callable[..., Record]


@pytest.fixture
def reopen(tmp_path: Path) -> Open:
    """Open the same trials again, as the next process does."""

    def opened(**options: Any) -> Record:
        journal = open_journal(tmp_path / "optuna.journal")
        return Record(journal, "search", ["max", "min"], **{"method": "random", "seed": 0, **options})

    return opened


def propose(record: Record) -> Any:
    trial = record.ask()
    trial.suggest_int("width", 1, 1000)
    trial.suggest_float("lr", 0, 1)
    return trial


def lose(record: Record, number: int, *, counts: bool = True) -> bool:
    return record.retry(record.trials()[number], "the worker died", counts=counts)


def counts(record: Record) -> tuple[int, int, int]:
    return record.counted, record.infeasible, record.waiting


def test_what_counts_towards_the_trials(reopen: Open) -> None:
    record = reopen()
    complete, failed, infeasible, lost, running = (propose(record) for _ in range(5))
    record.tell(complete.number, [0.9, 100])
    record.fail(failed.number, "diverged")
    record.prune(infeasible.number, {"size/params": 7.0})
    assert lose(record, lost.number)
    assert counts(record) == (2, 1, 1)
    assert counts(reopen()) == (2, 1, 1)
    assert [trial.number for trial in reopen().trials(TrialState.RUNNING)] == [running.number]


def test_what_was_pruned_in_training_counts(reopen: Open) -> None:
    record = reopen()
    record.prune(propose(record).number, {"size/params": 7.0})
    record.give_up(propose(record).number, {"epoch": 3, "epochs": 20})
    assert counts(record) == counts(reopen()) == (1, 1, 0)
    [pruned] = reopen().pruned()
    assert (pruned.state, pruned.number) == (TrialState.PRUNED, 1)
    assert pruned.user_attrs["pruned"] == {"epoch": 3, "epochs": 20}


def test_a_lost_trial_has_three_attempts_with_the_same_parameters(reopen: Open) -> None:
    record, params = reopen(), []
    for attempt in (1, 2, 3):
        trial = propose(record)
        assert trial.user_attrs.get("attempt", 1) == attempt
        params.append(trial.params)
        assert lose(record, trial.number) == (attempt < 3)
    assert params[0] == params[1] == params[2]
    assert counts(reopen()) == (1, 0, 0)
    given_up = reopen().trials()[-1]
    assert given_up.state == TrialState.FAIL
    assert given_up.user_attrs["reason"] == "the worker died; tried 3 times"


def test_a_trial_that_somebody_called_off_is_not_to_blame(reopen: Open) -> None:
    record = reopen()
    for _ in range(5):
        assert lose(record, propose(record).number, counts=False)
    assert propose(record).user_attrs["attempt"] == 1


def test_a_trial_that_died_between_its_parameters_keeps_those_it_had(reopen: Open) -> None:
    record = reopen()
    trial = record.ask()
    width = trial.suggest_int("width", 1, 1000)
    assert lose(record, trial.number)
    again = propose(record)
    assert again.params["width"] == width
    assert lose(record, again.number, counts=False)
    third = record.ask()
    third.suggest_int("width", 1, 1000)  # and it dies before it has read the second
    assert lose(record, third.number, counts=False)
    assert propose(reopen()).params == again.params


def test_a_trial_that_died_before_its_parameters_leaves_nothing_to_repeat(reopen: Open) -> None:
    record = reopen()
    assert lose(record, record.ask().number)
    assert counts(record) == counts(reopen()) == (0, 0, 0)


def test_a_retry_that_was_cut_short_enqueues_once(reopen: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    record = reopen()
    trial = propose(record)
    with monkeypatch.context() as context:
        context.setattr(record.study, "tell", lambda *_, **__: pytest.fail("killed"))
        with pytest.raises(pytest.fail.Exception, match="killed"):
            lose(record, trial.number)
    assert lose(record, trial.number)
    assert counts(reopen()) == (0, 0, 1)


def test_a_resumed_study_does_not_repeat_its_first_proposals(reopen: Open) -> None:
    first = [propose(reopen()).params for _ in range(4)]  # a new process each
    assert len({trial["lr"] for trial in first}) == 4


@pytest.mark.parametrize("method", ["random", "tpe"])
def test_the_same_seed_proposes_the_same_and_another_seed_something_else(method: str, tmp_path: Path) -> None:
    def proposals(name: str, seed: int) -> list[dict[str, Any]]:
        record = Record(open_journal(tmp_path / name), "search", ["max", "min"], method=method, seed=seed)
        params = []
        for _ in range(12):
            trial = propose(record)
            params.append(trial.params)
            record.tell(trial.number, [trial.params["lr"], trial.params["width"]])
        return params

    assert proposals("one", 1) == proposals("two", 1)
    assert proposals("one again", 1) != proposals("three", 2)


def test_who_only_looks_writes_nothing(reopen: Open, tmp_path: Path) -> None:
    reopen().enqueue({"role": "confirm"})
    before = (tmp_path / "optuna.journal").read_bytes()
    assert reopen().waiting == 1
    assert (tmp_path / "optuna.journal").read_bytes() == before


def test_a_withdrawn_plan_is_neither_waiting_nor_known(reopen: Open) -> None:
    record = reopen()
    record.enqueue({"candidate": 1})
    record.enqueue({"candidate": 2})
    record.withdraw(record.trials()[0])
    assert record.plans() == reopen().plans() == [{"candidate": 2}]
    assert counts(record) == counts(reopen()) == (0, 0, 1)
    assert record.ask().user_attrs["plan"] == {"candidate": 2}


def test_constraints_are_finite_and_signed_by_direction(reopen: Open) -> None:
    record = reopen()
    trial = propose(record)
    metrics = {"size/params": 120.0, "val/accuracy": 0.8, "val/kl": float("nan")}
    limits = [
        Limit("size/params", 100.0, "min"),
        Limit("val/accuracy", 0.7, "max"),
        Limit("val/kl", 1.0, "min"),
    ]
    record.constrain(trial, metrics, limits)
    record.constrain(trial, metrics, limits)  # as after a kill; Optuna would warn
    record.tell(trial.number, [0.8, 120])
    found = reopen().trials()[0].constraints
    assert found == pytest.approx({"size/params": 20.0, "val/accuracy": -0.1, "val/kl": 1e9})
