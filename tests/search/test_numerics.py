"""Which numerics are chosen for a study, by what workers have measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

import kdorch
from kdorch.execution import Event
from kdorch.search.numerics import Tried, numerics, quickest

IMAGES, VECTORS = [1, 8, 8], [64]
NAMES = ["contiguous float32", "channels_last float32", "contiguous bfloat16", "channels_last bfloat16"]


class Answering:
    """Stands where an executor would, with what each student takes and scores; notes what it was asked."""

    def __init__(self, seconds: list[dict[str, float]], scores: Sequence[tuple[float, float]] = ()) -> None:
        self.seconds, self.scores = seconds, scores
        self.asked: list[Any] = []
        self.events: list[Event] = []

    def can_take(self) -> bool:
        return len(self.events) < 2

    def submit(self, job: Any) -> None:
        self.asked.append(job.spec)
        [trial] = job.spec["trials"]
        self.events.append(Event(job, "done", self._found(job.spec, trial["number"])))

    def _found(self, spec: Any, number: int) -> dict[str, Any]:
        if "precisions" in spec:
            known = self.seconds[number].items()
            return {"seconds": {name: took for name, took in known if name.split()[1] in spec["precisions"]}}
        after = self.scores[number]["bfloat16" in spec["wanted"]]
        return {"before": 0.2, "after": after, "error": 0.03} if after else {}

    def poll(self, timeout: float) -> list[Event]:
        events, self.events = self.events, []
        return events


@pytest.fixture
def chosen(tree: Callable[..., dict[str, Any]]) -> Callable[..., Tried]:
    def choose(answering: Answering, shape: Any = IMAGES, **train: Any) -> Tried:
        study = kdorch.Study(
            **tree(train={"epochs": 1, "batch": 64, "lr": 0.01, **train}, search={"trials": 100})
        )
        count = range(len(answering.seconds))
        trials = [{"name": str(number), "number": number, "train": {"epochs": 20}} for number in count]
        return numerics(study, answering, {"trials": trials}, shape)  # type: ignore[arg-type]  # is enough

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
    assert chosen(answering, shape, **train) == Tried()
    assert bool(answering.asked) == asks


def test_what_is_quickest_for_all_together_is_chosen(chosen: Any) -> None:
    tried = chosen(Answering([taking(1, 2, 1, 2), taking(9, 6, 9, 6), {}]))
    assert tried.alone == {"0": 2, "1": 6}
    found = tried.chosen
    assert (found["memory_format"], found["precision"]) == ("channels_last", "float32")
    assert found["figures"] == {"seconds": taking(10, 8, 10, 8), "scores": []}


def test_precisions_are_timed_by_several_workers(chosen: Any) -> None:
    answering = Answering([taking(1, 2, 3, 4), taking(9, 8, 7, 6)], [(0.8, 0.8), (0.8, 0.8)])
    tried = chosen(answering, precision="auto")
    asked = [(each["trials"][0]["number"], *each["precisions"]) for each in answering.asked[:4]]
    assert asked == [(1, "bfloat16"), (1, "float32"), (0, "bfloat16"), (0, "float32")]
    assert tried.chosen["figures"]["seconds"] == taking(10, 10, 10, 10)
    nobody = Answering([{"contiguous float32": 1.0, "channels_last float32": 1.0}])
    assert chosen(nobody, precision="auto") == Tried()


@pytest.mark.parametrize(
    ("scores", "precision"),
    [
        ([(0.8, 0.9), (0.7, 0.7)], "bfloat16"),
        ([(0.8, 0.75), (0.7, 0.72)], "bfloat16"),  # .03 less in all, of which the standard error is .06
        ([(0.8, 0.75), (0.7, 0.68)], "float32"),  # .07
        ([(0.8, 0.8), (0.2, 0.2)], "float32"),  # one learnt nothing
        ([(0.8, 0.8), (0.0, 0.0)], "bfloat16"),  # one cannot be trained
        ([(0.0, 0.0), (0.0, 0.0)], "float32"),
    ],
)
def test_bfloat16_has_to_be_quicker_and_as_good(
    chosen: Any, scores: list[tuple[float, float]], precision: str
) -> None:
    seconds = [taking(0.1, 0.06, 0.1, 0.04), taking(0.9, 0.54, 0.9, 0.36), {}]
    answering = Answering(seconds, scores)
    tried = chosen(answering)
    assert (tried.chosen["memory_format"], tried.chosen["precision"]) == ("channels_last", precision)
    assert tried.alone == {"0": 0.04, "1": 0.36} if precision == "bfloat16" else {"0": 0.06, "1": 0.54}
    # Each in both, as two jobs, the longer ones first. A fiftieth of 100 trainings of 0.3 s is 0.6 s, 0.15 s for
    # each of the four: a quarter of the one training, and the other whole.
    both = ["channels_last bfloat16", "channels_last float32"]
    assert [each["wanted"] for each in answering.asked[3:]] == both * 2
    assert [each["trials"][0]["train"]["epochs"] for each in answering.asked[3:]] == [5, 5, 20, 20]
    figures = tried.chosen["figures"]["scores"]
    assert [(each["float32"], each["bfloat16"]) for each in figures] == [each for each in scores if each[0]]


def test_long_searches_have_seconds_for_it_not_minutes(chosen: Any) -> None:
    answering = Answering([taking(40, 40, 10, 10), taking(900, 900, 10, 10)], [(0.8, 0.8), (0.8, 0.8)])
    chosen(answering)
    assert [each["trials"][0]["train"]["epochs"] for each in answering.asked[2:]] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [((1.0, 0.8), "channels_last"), ((1.0, 0.97), "contiguous"), ((0.0, 0.0), "contiguous")],
)
def test_what_is_hardly_quicker_is_not_worth_it(seconds: tuple[float, float], expected: str) -> None:
    measured = dict(zip(NAMES, seconds, strict=False))
    assert quickest(measured, "float32") == f"{expected} float32"
