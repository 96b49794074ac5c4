"""What a study says it will take, beside what it does take."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import kdorch
from kdorch.api.rehearsal import rehearse
from kdorch.execution import Event, Job
from kdorch.search.beside import Maker
from kdorch.search.ends import extremes
from kdorch.search.estimate import Estimate, estimate
from kdorch.search.home import Home
from kdorch.search.placement import Placement
from kdorch.search.where import Where

Tree = Callable[..., dict[str, Any]]
TASK = kdorch.Classification(labels=("a", "b"), input_shape=(64,)).model_dump(mode="json")


class Teaching:
    """Stands where an executor would, and says what a teacher takes."""

    def __init__(self, *, stored: bool) -> None:
        self.stored = stored

    def can_take(self) -> bool:
        return True

    def submit(self, job: Job) -> None:
        self.job = job

    def poll(self, timeout: float) -> list[Event]:
        return [Event(self.job, "done", {"seconds": 1.0, "features": {}, "stored": self.stored})]


def test_the_ends_of_every_range_are_tried_for_each_student(tree: Tree) -> None:
    study = kdorch.Study(
        **tree(
            student={"any": [{"use": "mlp"}, {"use": "cnn"}]},
            tune={
                "student.mlp.width": {"low": 4, "high": 24},
                "student.cnn.width": [2, 3, 8],
                "train.batch": {"low": 16, "high": 128},
                "train.lr": {"low": 1e-3, "high": 1e-2},
            },
        )
    )
    found = [(trial["student"], trial["train"]["batch"], trial["train"]["lr"]) for trial in extremes(study)]
    assert found == [
        ({"use": "mlp", "width": 4, "depth": 1}, 128, 1e-3),
        ({"use": "mlp", "width": 24, "depth": 1}, 16, 1e-2),
        ({"use": "cnn", "width": 2}, 128, 1e-3),
        ({"use": "cnn", "width": 8}, 16, 1e-2),
    ]


@pytest.mark.parametrize(
    ("training", "told"),
    [
        ((0.38, 0.38), "about 9.8 s with 2 at once, up to 5.0 MB: 40 trials of 0.4 s"),
        ((1.0, 100.0), "about 22 s to 33 min with 2 at once, up to 5.0 MB: 40 trials of 1.0 s to 100 s"),
        ((500.0, 9000.0), "about 3 h to 50 h with 2 at once, up to 5.0 MB: 40 trials of 8 min to 2 h"),
    ],
)
def test_it_is_said_in_units_of_its_size(training: tuple[float, float], told: str) -> None:
    expected = Estimate(0.0, training, trials=40, confirmations=0, workers=2, disk=5_000_000)
    assert str(expected) == told


def test_it_says_what_it_knows_of_stacks_and_what_it_does_not_know() -> None:
    counts = {"trials": 40, "confirmations": 30, "workers": 2, "disk": 5_000_000, "stack": 5}
    expected = Estimate(9.0, (0.1, 0.1), **counts, pruned=True, blind=True)
    assert str(expected) == (
        "about 16 s with 2 at once, less what pruning saves, without what losses on features take, up to 5.0 MB: "
        "teacher 9.0 s, 40 trials and 30 to confirm of 0.1 s, 5 as one"
    )


def test_a_search_without_the_teacher_is_as_much_again() -> None:
    counts: dict[str, int] = {"trials": 40, "scratch": 40, "workers": 1, "disk": 5_000_000}
    expected = Estimate(0.0, (1.0, 1.0), confirmations=30, **counts)
    assert str(expected).endswith("40 trials, 40 without the teacher and 30 to confirm of 1.0 s")
    alone = Estimate(0.0, (1.0, 1.0), confirmations=30, **counts | {"scratch": 0})
    assert expected.whole(1.0) - alone.whole(1.0) == pytest.approx(40 * 1.03)


@pytest.fixture
def expected(tree: Tree) -> Callable[..., Estimate]:
    placement = Placement(16, seconds={"1": [1.6], "16": [0.1]})
    data = {"path": "data", "facts": {"task": TASK, "rows": {"train": 2, "validation": 1}, "bytes": 9}}

    def call(*, stored: bool = False, **search: Any) -> Estimate:
        study, teaching = kdorch.Study(**tree(search=search)), Teaching(stored=stored)
        maker = Maker(study, Home(Path()), None, teaching, data, Where("cpu", 2, 0))  # type: ignore[arg-type]
        return estimate(maker, placement, trials=40)

    return call


def test_a_search_stacks_no_more_than_its_rounds_allow(expected: Callable[..., Estimate]) -> None:
    assert (expected().stack, expected().training) == (5, (pytest.approx(0.32), pytest.approx(0.32)))
    assert expected(sampler="random").stack == 16
    pruned = expected(sampler="random", pruner="optimistic")
    assert (pruned.stack, pruned.pruned, expected().pruned) == (5, True, False)


def test_a_teacher_that_is_stored_takes_no_time(expected: Callable[..., Estimate]) -> None:
    assert (expected().teacher, expected(stored=True).teacher) == (1.0, 0.0)
    assert "teacher" not in str(expected(stored=True))


class Clock(kdorch.Observer):
    """Knows when a run said what is ahead: everything is imported by then."""

    def say(self, text: str) -> None:
        if text.startswith("ahead"):
            self.told = time.monotonic()


@pytest.mark.slow
def test_it_is_of_the_right_size(tree: Tree, home: Path) -> None:
    study = kdorch.Study(
        **tree(
            train={"epochs": 30}, search={"trials": 20, "sampler": "random"}, confirm={"top": 1, "seeds": 1}
        )
    )
    expected = rehearse(study, home=home, workers=2).estimate
    assert (expected.trials, expected.confirmations, expected.workers) == (20, 2, 2)
    assert expected.teacher == 0  # it is in the store
    clock = Clock()
    results = kdorch.run(study, home=home, workers=2, observer=clock)
    took = time.monotonic() - clock.told
    low, high = (expected.whole(seconds) - expected.start for seconds in expected.training)
    assert low / 3 < took < 3 * high
    seconds = results.trials["cost/train_seconds"]
    assert expected.training[0] / 4 < seconds.median() < 4 * expected.training[1]


@pytest.mark.slow
def test_a_teacher_from_elsewhere_and_twins_are_warned_of_before_a_run(
    tree: Tree, home: Path, cli: Any, write: Callable[..., Path]
) -> None:
    state = next(home.glob("store/teacher/*/state.safetensors"))
    teacher = {"use": "checkpoint", "network": tree()["teacher"]["network"], "weights": str(state)}
    file = write(teacher=teacher)
    told = cli("--home", str(home), "study", "check", str(file))
    assert told.returncode == 0, told.stderr
    lines = told.stdout.splitlines()
    assert lines[0].startswith("warning: the teacher 'checkpoint' was made elsewhere. If it has seen rows")
    assert lines[1] == f"{file} is fine: 4 trials over 3 parameters."
    assert lines[2].startswith("It will take about ")
    assert not (home / "studies").exists()
