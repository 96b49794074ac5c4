"""What is measured is what was spent, and ratios are those of the rounds."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks.figures import compared
from benchmarks.hypervolume import hypervolume
from benchmarks.measuring import Cost, clock, interleaved, mean_accuracy, quartiles, ratios, tolerance
from benchmarks.registry import Bound
from benchmarks.report import verdict

_BURN = "import time\nwhile time.process_time() < {}: pass"


def costs(*cpu: float, wall: float = 1.0, accuracy: float = 0.9) -> list[Cost]:
    return [Cost(each, wall, [accuracy]) for each in cpu]


def test_a_ratio_is_that_of_each_round():
    assert ratios(costs(1, 2, 9), costs(2, 8, 3)) == [0.5, 0.25, 3]
    assert ratios(costs(1, wall=6), costs(2, wall=3), "wall") == [2]


def test_the_median_and_quartiles_of_known_numbers():
    assert quartiles([5, 1, 2, 4, 3]) == (2, 3, 4)
    assert quartiles([7]) == (7, 7, 7)


def test_sides_take_turns_and_change_places():
    seen = []

    def side(name):
        return lambda number: seen.append(f"{name}{number}") or Cost()

    found = interleaved({"a": side("a"), "b": side("b")}, 3, warm=True)
    assert seen == ["a0", "b0", "a0", "b0", "b1", "a1", "a2", "b2"]
    assert {name: len(each) for name, each in found.items()} == {"a": 3, "b": 3}


def test_the_clock_sees_children_of_children_and_children_that_live():
    child = f"subprocess.run([sys.executable, '-c', {_BURN.format(0.3)!r}])\nprint(flush=True)\ninput()"
    command = [sys.executable, "-c", f"import subprocess, sys\n{child}"]
    with clock() as cost:
        alive = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        alive.stdout.readline()
    alive.communicate(b"\n")
    assert 0.3 <= cost.cpu < 1.0


@pytest.mark.parametrize(
    ("ours", "theirs", "fair"), [(0.90, 0.91, True), (0.95, 0.90, True), (0.88, 0.90, False)]
)
def test_less_accurate_work_counts_for_nothing(ours, theirs, fair):
    found = {"ours": costs(1, 1, 1, accuracy=ours), "theirs": costs(2, 2, 2, accuracy=theirs)}
    figure = compared("", found, "ours", "theirs")
    assert figure.fair is fair
    assert verdict(Bound("", 0.6), figure) == ("goal" if fair else "less accurate")


def test_two_trainings_are_too_few_to_call_one_side_less_accurate():
    found = {"ours": costs(1, 1, accuracy=0.5), "theirs": costs(2, 2, accuracy=0.9)}
    assert compared("", found, "ours", "theirs").fair is None


def test_noisy_accuracies_are_given_more_room():
    ours, theirs = ([Cost(1, 1, [0.5, 0.9])], [Cost(1, 1, [0.6, 1.0])])
    assert tolerance(ours, theirs) == pytest.approx(2 * (2 * 0.08 / 2) ** 0.5)
    assert mean_accuracy(ours) == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("value", "more", "said"),
    [
        (0.1, False, "goal"),
        (0.3, False, "must"),
        (0.7, False, "missed"),
        (0.7, True, "goal"),
        (0.1, True, "missed"),
    ],
)
def test_verdicts(value, more, said):
    must, goal = (0.4, 0.6) if more else (0.5, 0.2)
    assert Bound("", must, goal, more=more).verdict(value) == said


def test_the_area_that_trials_dominate():
    # Two steps: an error of 0.2 from 100 parameters on, 0.1 from 1,000 on, up to 10,000; below 0.5.
    trials = [(0.8, 100), (0.9, 1000), (0.7, 1000), (0.3, 10)]
    assert hypervolume(trials, 10_000) == pytest.approx(0.3 * 2 + 0.1 * 1)
