"""How many trials share a job, and who decides it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import kdorch
from kdorch.errors import ExecutionError
from kdorch.search.placement import Placement, place


class Answering:
    """Stands where an executor would, and fails the test if anybody asks."""

    def submit(self, job: Any) -> None:
        raise ExecutionError("nobody was to be asked")


@pytest.fixture
def make(tree: Callable[..., dict[str, Any]]) -> Callable[..., kdorch.Study]:
    return lambda **sections: kdorch.Study(**tree(**sections))


def placed(study: kdorch.Study, before: Any = None) -> Placement:
    return place(study, Answering(), {}, before)  # type: ignore[arg-type]


def test_a_study_may_say_how_many(make: Any) -> None:
    assert placed(make(search={"stack": 7}), {"stack": 3}).stack == 7


def test_what_must_repeat_bit_for_bit_is_trained_one_by_one(make: Any) -> None:
    found = placed(make(search={"stack": 7}, train={"deterministic": True}))
    assert found.stack == 1
    assert "deterministic" in found.why


def test_a_study_goes_on_as_it_began(make: Any) -> None:
    before = Placement(16, "because", {"1": 0.2, "16": 0.05})
    assert placed(make(), before.facts()) == before


def test_where_nothing_can_be_measured_trials_go_one_by_one(make: Any) -> None:
    found = placed(make())
    assert found.stack == 1
    assert "nobody was to be asked" in found.why


@pytest.mark.slow
def test_small_perceptrons_are_stacked_and_go_on_so(
    home: Path, whole: Any, tree: Callable[..., dict[str, Any]]
) -> None:
    study = kdorch.Study(**tree(search={"trials": 8, "sampler": "random"}))
    kdorch.run(study, home=home, workers=1)
    found = whole(home)
    before = found.results.record["placement"]
    assert before["stack"] > 1
    assert before["seconds"]["1"] > before["seconds"][str(before["stack"])]
    tags = [run.data.tags["kdorch.placement"] for run in found.of_kind("trial", "confirm", "baseline")]
    assert any(tag.startswith("in a stack of") for tag in tags)
    kdorch.run(study, home=home, workers=1, trials=12)
    after = whole(home)
    after.check(trials=12, confirmed=len(after.confirmation.complete()))
    assert after.results.record["placement"] == before


@pytest.mark.slow
def test_stacked_or_not_a_study_finds_the_same(
    home: Path, whole: Any, tree: Callable[..., dict[str, Any]]
) -> None:
    tables = []
    for stack in (1, 4):
        search = {"trials": 8, "sampler": "random", "stack": stack}
        kdorch.run(kdorch.Study(**tree(search=search)), home=home / str(stack), workers=1)
        found = whole(home / str(stack))
        tables.append(found.results.trials.set_index("trial").sort_index())
    one, other = tables
    assert (one["val/accuracy"] == other["val/accuracy"]).all()
    assert (one["val/loss"] - other["val/loss"]).abs().max() < 1e-4
