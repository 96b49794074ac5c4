"""How many trials share a job and how they are computed, and who decides it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

import kdorch
from kdorch.errors import ExecutionError
from kdorch.execution import Event
from kdorch.search import placement
from kdorch.search.placement import Placement, place
from kdorch.search.where import Where

VECTORS = [64]
NUMERICS = {
    "memory_format": "channels_last",
    "precision": "float32",
    "figures": {"seconds": {"contiguous float32": 2.0, "channels_last float32": 1.3}, "scores": []},
}


class Answering:
    """Stands where an executor would; tells what it was told to, or refuses."""

    def __init__(self, **found: Any) -> None:
        self.found, self.asked = found, {}

    def can_take(self) -> bool:
        return True

    def submit(self, job: Any) -> None:
        if not self.found:
            raise ExecutionError("nobody was to be asked")
        self.job, self.asked = job, job.spec

    def poll(self, timeout: float) -> list[Event]:
        return [Event(self.job, "done", self.found)]


@pytest.fixture
def make(tree: Callable[..., dict[str, Any]]) -> Callable[..., kdorch.Study]:
    return lambda **sections: kdorch.Study(**tree(**sections))


def placed(
    study: kdorch.Study,
    before: Any = None,
    *,
    shape: Any = VECTORS,
    answering: Any = None,
    workers: int = 2,
    device: str = "cpu",
) -> Placement:
    data = {"path": "data", "facts": {"task": {"input_shape": shape}}}
    return place(study, answering or Answering(), data, Where(device, workers, 0), before)


def told(**fields: Any) -> Answering:
    seconds = {"alone": [1.0, 3.0], "stacked": [1.0, 3.0], "against": [], "pays": False}
    return Answering(**seconds | {"threads": 1, "gain": 1.0, "bytes": 5} | fields)


def test_a_study_may_say_how_many(make: Any) -> None:
    answering = told()  # that it does not pay
    found = placed(make(search={"stack": 7}), answering=answering)
    assert (found.stack, found.seconds) == (7, {"1": [1.0, 3.0], "7": [1.0, 3.0]})
    assert placed(make(search={"stack": 7}), {"stack": 3}).stack == 7
    assert answering.asked["stack"] == 7


def test_what_must_repeat_bit_for_bit_is_trained_one_by_one(make: Any) -> None:
    answering = told()
    found = placed(make(search={"stack": 7}, train={"deterministic": True}), answering=answering)
    assert (found.stack, answering.asked["stack"]) == (1, 1)
    assert "deterministic" in found.why


def test_a_study_goes_on_as_it_began(make: Any) -> None:
    before = Placement(16, "because", 1, 1.0, {"1": [0.2], "16": [0.05]}, 5, NUMERICS)
    assert placed(make(), before.facts()) == before


def test_where_nothing_can_be_measured_trials_go_one_by_one(make: Any) -> None:
    found = placed(make())
    assert found.stack == 1
    assert "nobody was to be asked" in found.why
    nobody = placed(make(), answering=told(alone=[], stacked=[]))
    assert (nobody.stack, nobody.seconds) == (1, {})


@pytest.mark.parametrize(
    ("found", "stack", "why"),
    [
        (
            {"stacked": [0.2, 0.6], "pays": True},
            16,
            "up to 16 as one: 8 take 0.20 of the time of one by one",
        ),
        ({"stacked": [0.9, 2.9]}, 1, "one by one, which is quickest"),
        ({"against": ["it has a Conv2d"]}, 1, "one by one, as it has a Conv2d"),
    ],
)
def test_the_log_says_what_speaks_for_it(make: Any, found: Any, stack: int, why: str) -> None:
    decided = placed(make(), answering=told(**found))
    assert (decided.stack, decided.why) == (stack, why)


def test_the_log_says_what_numerics_gain() -> None:
    expected = "channels_last float32, which takes 0.65 of the time of contiguous float32"
    assert Placement(numerics=NUMERICS).computed() == expected
    assert Placement().computed() == ""


def test_figures_and_decisions_have_names_in_a_tracker() -> None:
    scores = [{"untrained": 0.1, "float32": 0.9, "bfloat16": 0.8, "epochs": 3, "kept": False}]
    figures = {"seconds": {"contiguous float32": 2.0}, "scores": scores}
    numerics = {"memory_format": "contiguous", "precision": "float32", "figures": figures}
    found = Placement(4, "four as one", 2, 1.5, {"1": [1.0, 3.0], "4": [0.5]}, 9, numerics)
    assert found.metrics() == {
        "placement/stack": 4,
        "placement/threads": 2,
        "placement/gain": 1.5,
        "placement/seconds/1": 2.0,
        "placement/seconds/4": 0.5,
        "placement/seconds/contiguous/float32": 2.0,
        "placement/score/float32/0": 0.9,
        "placement/score/bfloat16/0": 0.8,
    }
    assert found.tags() == {
        "kdorch.placement": "four as one; on 2 threads each, 1.5 times as fast as on one",
        "kdorch.memory_format": "contiguous",
        "kdorch.precision": "float32",
    }
    assert Placement(why="one by one").tags() == {"kdorch.placement": "one by one"}


def test_smaller_stacks_share_less() -> None:
    found = Placement(16, seconds={"1": [17.0], "16": [2.0]})
    assert [found.training(size) for size in (1, 4, 16, 20)] == [[17.0], [5.0], [2.0], [2.0]]
    assert Placement(threads=2, gain=2.0, seconds={"1": [17.0]}).training(1) == [8.5]


@pytest.mark.parametrize(
    ("workers", "device", "most"),
    [(4, "cpu", 1), (3, "cpu", 1), (2, "cpu", 2), (1, "cpu", 4), (1, "cuda:0", 1)],
)
def test_cores_that_no_worker_has_are_tried_as_threads(
    make: Any, monkeypatch: pytest.MonkeyPatch, workers: int, device: str, most: int
) -> None:
    monkeypatch.setattr(placement, "cores", lambda: 4)
    answering = told(threads=most, gain=1.6 if most > 1 else 1.0)
    found = placed(make(), answering=answering, workers=workers, device=device)
    assert (answering.job.threads, found.threads) == (most, most)
    many = f"; on {most} threads each, 1.6 times as fast as on one"
    assert found.told() == "one by one, which is quickest" + (many if most > 1 else "")


def test_threads_are_as_the_study_says_or_as_they_were_where_there_are_cores(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placement, "cores", lambda: 4)
    before = Placement(why="because", threads=4, gain=2.0).facts()
    assert placed(make(), before, workers=1).threads == 4
    assert placed(make(), before, workers=2).threads == 1
    assert placed(make(search={"threads": 3}), before, workers=2).threads == 3
    assert placed(make(search={"threads": 3})).told() == (
        "one by one, as a first try failed: nobody was to be asked; on 3 threads each"
    )


@pytest.mark.slow
def test_small_perceptrons_are_stacked_and_go_on_so(
    home: Path, whole: Any, tree: Callable[..., dict[str, Any]]
) -> None:
    study = kdorch.Study(**tree(search={"trials": 8, "sampler": "random"}))
    kdorch.run(study, home=home, workers=1)
    found = whole(home)
    before = found.results.record["placement"]
    assert before["stack"] > 1
    assert sum(before["seconds"]["1"]) > sum(before["seconds"]["8"])
    tags = [run.data.tags["kdorch.placement"] for run in found.of_kind("trial", "confirm", "baseline")]
    assert any(tag.startswith("in a stack of") for tag in tags)
    (summary,) = found.of_kind("summary")
    words = summary.data.tags["kdorch.placement"]
    assert words.startswith("up to 16 as one: 8 take 0.")
    assert f"Trained {words}." in summary.data.tags["mlflow.note.content"]
    assert f"Trained {words}." in found.experiment.tags["mlflow.note.content"]
    assert summary.data.metrics["placement/stack"] == before["stack"]
    assert summary.data.metrics["placement/seconds/8"] == pytest.approx(fmean(before["seconds"]["8"]))
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
