"""Which numerics are chosen for a study, by what workers have measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import kdorch
from kdorch.execution import Event
from kdorch.search.numerics import numerics, quickest

IMAGES, VECTORS = [1, 8, 8], [64]
NAMES = ["contiguous float32", "channels_last float32", "contiguous bfloat16", "channels_last bfloat16"]


class Answering:
    """Stands where an executor would, with what each student takes and scores; notes what it was asked."""

    def __init__(self, seconds: list[dict[str, float]], kept: bool = True) -> None:
        self.seconds, self.kept = seconds, kept
        self.asked: list[Any] = []
        self.events: list[Event] = []

    def can_take(self) -> bool:
        return len(self.events) < 2

    def submit(self, job: Any) -> None:
        self.asked.append(job.spec)
        [trial] = job.spec["trials"]
        found = {"kept": self.kept} if "both" in job.spec else {"seconds": self.seconds[trial["number"]]}
        self.events.append(Event(job, "done", found))

    def poll(self, timeout: float) -> list[Event]:
        events, self.events = self.events, []
        return events


@pytest.fixture
def chosen(tree: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def choose(answering: Answering, shape: Any = IMAGES, **train: Any) -> dict[str, Any]:
        study = kdorch.Study(
            **tree(train={"epochs": 1, "batch": 64, "lr": 0.01, **train}, search={"trials": 100})
        )
        trials = [{"number": number, "train": {"epochs": 20}} for number in range(len(answering.seconds))]
        spec = {"trials": trials}
        return numerics(study, answering, spec, shape, 2)  # type: ignore[arg-type]  # as much of it as is needed

    return choose


def taking(*seconds: float) -> dict[str, float]:
    return dict(zip(NAMES, seconds, strict=True))


@pytest.mark.parametrize(
    ("shape", "train", "asks"),
    [
        (IMAGES, {}, True),
        (VECTORS, {"precision": "auto"}, True),
        (VECTORS, {}, False),
        (IMAGES, {"memory_format": "contiguous"}, False),
        (IMAGES, {"deterministic": True}, False),
    ],
)
def test_they_are_compared_only_where_there_is_a_choice(
    chosen: Any, shape: Any, train: Any, asks: bool
) -> None:
    answering = Answering([{}])
    assert chosen(answering, shape, **train) == {}
    assert bool(answering.asked) == asks


def test_what_is_quickest_for_all_together_is_chosen(chosen: Any) -> None:
    found = chosen(Answering([taking(1, 2, 1, 2), taking(9, 6, 9, 6), {}]))
    assert (found["memory_format"], found["precision"]) == ("channels_last", "float32")
    assert found["figures"] == {"seconds": taking(10, 8, 10, 8), "scores": []}


@pytest.mark.parametrize(("kept", "precision"), [(True, "bfloat16"), (False, "float32")])
def test_bfloat16_has_to_be_quicker_and_as_good(chosen: Any, kept: bool, precision: str) -> None:
    answering = Answering([taking(0.1, 0.06, 0.1, 0.04), taking(0.9, 0.54, 0.9, 0.36), {}], kept)
    found = chosen(answering)
    assert (found["memory_format"], found["precision"]) == ("channels_last", precision)
    assert len(found["figures"]["scores"]) == 2
    both = ["channels_last float32", "channels_last bfloat16"]
    # A fiftieth of 100 trainings of 0.3 s, two at once, is 0.3 s: half of the one training, and the other whole.
    assert [each["both"] for each in answering.asked[3:]] == [both, both]
    assert [each["trials"][0]["train"]["epochs"] for each in answering.asked[3:]] == [20, 11]


def test_long_searches_have_seconds_for_it_not_minutes(chosen: Any) -> None:
    answering = Answering([taking(40, 40, 10, 10), taking(900, 900, 10, 10)])
    chosen(answering)
    assert [each["trials"][0]["train"]["epochs"] for each in answering.asked[2:]] == [1, 1]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [((1.0, 0.8), "channels_last"), ((1.0, 0.97), "contiguous"), ((0.0, 0.0), "contiguous")],
)
def test_what_is_hardly_quicker_is_not_worth_it(seconds: tuple[float, float], expected: str) -> None:
    measured = dict(zip(NAMES, seconds, strict=False))
    assert quickest(measured, "float32") == f"{expected} float32"
