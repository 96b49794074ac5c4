"""Whole studies whose twins have a search of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import kdorch
from kdorch.api.front import twins_told
from kdorch.api.gaps import gap_rows, gaps, gaps_told
from kdorch.api.overview import overview
from kdorch.api.reproduction import reproduce
from kdorch.search.ledger import Ledger

pytestmark = pytest.mark.slow

TUNED = {"top": 1, "seeds": 2, "baseline": "tuned"}


class Hearing(kdorch.Observer):
    """Keeps what is said, and which phase went how far."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.done: list[tuple[str, int, int]] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def progress(self, phase: str, done: int, total: int, metrics: Any) -> None:
        self.done.append((phase, done, total))


@pytest.fixture
def run(write: Any, home: Path) -> Any:
    def go(trials: int = 3, **options: Any) -> tuple[kdorch.Results, Hearing]:
        confirm, heard = options.pop("confirm", TUNED), Hearing()
        search, train = {"trials": 3, "sampler": "random"}, {"epochs": 1, "batch": options.pop("batch", 64)}
        study = kdorch.Study.load(write(search=search, confirm=confirm, train=train | {"lr": 0.01}))
        return kdorch.run(study, home=home, trials=trials, observer=heard, **options), heard

    return go


def test_a_search_of_equal_budget_without_the_teacher(run: Any, whole: Any, home: Path) -> None:
    results, heard = run()
    found = whole(home)
    found.check(trials=3, confirmed=4, scratch=3)
    assert [done for done in heard.done if done[0] == "scratch"] == [("scratch", n, 3) for n in (1, 2, 3)]
    assert any("3 trials, 3 without the teacher and 4 to confirm" in line for line in heard.said)

    assert len(results.trials) == len(results.scratch) == 3
    assert "losses.kd.temperature" not in results.scratch
    assert set(results.scratch["run_id"]).isdisjoint(results.trials["run_id"])
    runs = {run.info.run_id: run for run in found.of_kind("scratch")}
    assert set(runs) == set(results.scratch["run_id"])
    assert {run.data.params["losses.task"] for run in runs.values()} == {"task"}
    assert not [name for run in runs.values() for name in run.data.params if name.startswith("losses.kd")]

    [candidate] = set(results.confirmed["candidate"])
    twins = results.confirmed_of(candidate, "baseline")
    [number] = set(twins["twin"])
    assert twins["seed"].tolist() == results.confirmed_of(candidate)["seed"].tolist() == [1000, 1001]
    twin = results.scratch.set_index("trial").loc[number]
    [size] = set(twins["size/params"])
    if not twins["resized"].any():
        assert size == twin["size/params"] <= results.choose(trial=candidate)["size/params"]
    assert results.verdicts[candidate].baseline == "tuned"
    assert f"{number} for trial {candidate}" in next(twins_told(results))
    assert overview(results).scratch == 3
    assert reproduce(results, candidate, seed=1000).equal

    rows = Ledger(home / "ledger.jsonl").rows(
        results.record["data"]["digest"], results.record["teacher"]["digest"]
    )
    assert rows["accuracy"].mean() == pytest.approx(results.teacher["test/accuracy"])
    assert len(rows["accuracy"]) == results.record["data"]["facts"]["rows"]["test"]
    assert "single" not in results.record["teacher"]["facts"]


def test_the_share_of_the_gap_is_of_what_the_twins_leave(run: Any) -> None:
    results, _heard = run(confirm=TUNED | {"seeds": 5}, batch=512)  # too few steps to learn it without help
    [(candidate, share)] = gaps(results).items()
    student, twin = (
        results.confirmed_of(candidate, role)["test/accuracy"] for role in ("confirm", "baseline")
    )
    gap = results.teacher["test/accuracy"] - twin.mean()
    assert share.mean == pytest.approx((student.mean() - twin.mean()) / gap)
    assert share.low < share.mean < share.high
    [told] = gaps_told(results)
    assert told.startswith(f"Trial {candidate} closes ")
    assert told.endswith(", tuned baseline).")
    assert [row["trial"] for row in gap_rows(results)] == [candidate]
    del results.record["teacher"]["facts"]["test"]  # as while a later session searches on
    assert gaps(results) == {}


def test_more_trials_are_more_of_both_and_the_kind_of_twins_may_change(
    run: Any, whole: Any, home: Path
) -> None:
    run()
    results, _heard = run(5)
    assert (len(results.trials), len(results.scratch)) == (5, 5)
    complete = len(whole(home).confirmation.complete())
    whole(home).check(trials=5, confirmed=complete, scratch=5)
    assert any("is complete. For more: --trials 10" in line for line in run(5)[1].said)

    paired, _heard = run(5, confirm=TUNED | {"baseline": "paired"})
    assert "twin" not in paired.confirmed
    assert len(paired.confirmed) == 4
    assert list(twins_told(paired)) == []
    again, heard = run(5)  # whose twins are known
    assert len(again.confirmed["twin"].dropna()) == 2
    assert not heard.done


def test_twins_wait_for_a_search_that_was_as_long(run: Any, whole: Any, home: Path) -> None:
    run(confirm=TUNED | {"baseline": "none"})
    results, heard = run(timeout=1e-9)
    assert not len(results.scratch)
    assert set(results.confirmed["role"]) == {"confirm"}
    [told] = [line for line in heard.said if "time is up" in line]
    assert "0 of 3 trials without the teacher" in told
    now = overview(results)
    assert (now.state, now.scratch) == ("interrupted", 0)
    run()
    whole(home).check(trials=3, confirmed=4, scratch=3)


def test_where_nobody_is_confirmed_nobody_needs_a_twin(run: Any, whole: Any, home: Path) -> None:
    results, heard = run(confirm=TUNED | {"top": 0})
    whole(home).check(trials=3, confirmed=0)
    assert not len(results.scratch)
    assert {phase for phase, _, _ in heard.done} == {"search"}
