"""Why this student: its teacher, its neighbours, and what the search's own value was worth."""

from __future__ import annotations

import pandas as pd
import pytest

from kdorch.choosing.explaining import change, explain, optimism, the_knee
from kdorch.choosing.front import pareto_front
from kdorch.choosing.intervals import mean_interval
from kdorch.choosing.rules import by_number

OBJECTIVES = {"val/accuracy": "max", "size/params": "min"}
TEACHER = {"val/accuracy": 0.96, "size/params": 100_000}


def trials_of(quality: list[float], size: list[float], name: str = "val/accuracy") -> pd.DataFrame:
    return pd.DataFrame({"trial": range(10, 10 + len(size)), name: quality, "size/params": size})


TRIALS = trials_of([0.90, 0.956, 0.957, 0.91], [500, 3100, 6820, 5000])  # the last is on no front
FRONT = pareto_front(TRIALS, OBJECTIVES)


def test_a_student_stands_beside_its_teacher_and_its_neighbours():
    told = explain(
        FRONT, by_number(TRIALS, 11), OBJECTIVES, TEACHER, the_knee(FRONT, OBJECTIVES, "the front")
    )
    assert told == (
        "Trial 11, the knee of the front: val/accuracy 0.4 points below the teacher's at 3.1% of its size. "
        "The next smaller, trial 10: -5.6 points for 0.16 times the size; "
        "the next larger, trial 12: +0.1 points for 2.2 times the size."
    )


def test_the_nearest_on_either_side_is_told():
    front = pareto_front(trials_of([0.5, 0.6, 0.7, 0.8, 0.9], [10, 20, 40, 80, 160]), OBJECTIVES)
    told = explain(front, by_number(front, 12), OBJECTIVES, {}, "so")
    assert (
        "The next smaller, trial 11: -10.0 points for 0.5 times the size; the next larger, trial 13:" in told
    )


def test_at_either_end_there_is_one_neighbour_and_alone_there_is_none():
    smallest = explain(FRONT, by_number(FRONT, 10), OBJECTIVES, TEACHER, "so")
    assert "smaller" not in smallest
    assert smallest.endswith("The next larger, trial 11: +5.6 points for 6.2 times the size.")
    assert "larger" not in explain(FRONT, by_number(FRONT, 12), OBJECTIVES, TEACHER, "so")
    alone = FRONT.iloc[:1]
    assert explain(alone, by_number(alone, 10), OBJECTIVES, TEACHER, the_knee(alone, OBJECTIVES, "all")) == (
        "Trial 10, the only one of all: val/accuracy 6.0 points below the teacher's at 0.5% of its size."
    )


def test_who_is_beaten_is_told_by_whom():
    told = explain(FRONT, by_number(TRIALS, 13), OBJECTIVES, TEACHER, "chosen by its number")
    assert told.endswith("size. Trial 11 is at least as good in every objective, and better in one.")


def test_a_front_that_sags_has_no_knee():
    sagging = trials_of([0.7, 0.71, 0.9], [10, 100, 1000])
    assert the_knee(sagging, OBJECTIVES, "the confirmed") == "the best of the confirmed, who have no knee"
    assert (
        the_knee(trials_of([0.7, 0.9], [10, 100]), OBJECTIVES, "all") == "the best of all, who have no knee"
    )


def test_what_is_no_share_has_no_points_and_a_teacher_may_be_unknown():
    trials, errors = trials_of([0.3, 0.2], [10, 20], "val/mse"), {"val/mse": "min", "size/params": "min"}
    told = explain(trials, by_number(trials, 10), errors, {"val/mse": 0.1}, "so")
    assert told == (
        "Trial 10, so: val/mse 0.2 above the teacher's. The next larger, trial 11: -0.1 for 2 times the size."
    )
    assert explain(trials.iloc[:1], by_number(trials, 10), errors, {}, "so") == "Trial 10, so: val/mse 0.3."
    told = explain(trials, by_number(trials, 10), {"val/mse": "min"}, {}, "so")
    assert told.endswith("Trial 11 is at least as good in every objective, and better in one.")


def test_another_cost_is_named_and_has_no_ratio_where_it_is_not_positive():
    trials = trials_of([0.8, 0.9], [10, 10]).assign(**{"latency/p50": [2.0, 3.0], "cost/x": [0.0, 4.0]})
    for paid, told in (
        ("latency/p50", "+10.0 points for 1.5 times the latency/p50."),
        ("cost/x", "for +4 cost/x."),
    ):
        objectives = {"val/accuracy": "max", paid: "min"}
        assert explain(trials, by_number(trials, 10), objectives, {}, "so").endswith(told)


@pytest.mark.parametrize(
    ("before", "after", "best", "told"),
    [
        (0.9, 0.901, "max", "+0.1 points"),
        (0.9, 0.85, "max", "-5.0 points"),
        (0.9, 0.85, "min", "-0.05"),
        (-0.5, 0.5, "max", "+1"),
        (20.0, 21.5, "max", "+1.5"),
    ],
)
def test_points_are_of_shares_alone(before, after, best, told):
    assert change(before, after, best) == told


def test_the_searched_value_is_held_against_the_mean_of_fresh_seeds():
    again = mean_interval([0.95, 0.954, 0.946])
    assert optimism("val/accuracy", 0.956, again, 0.96, "max") == (
        "The search's own val/accuracy was 0.6 points above the mean of 3 fresh seeds, "
        "which is 1.0 points below the teacher's."
    )
    assert optimism("val/mse", 0.2, mean_interval([0.3]), None, "min") == (
        "The search's own val/mse was 0.1 below that of a fresh seed."
    )
    same = optimism("val/accuracy", 0.95, again, 0.95, "max")
    assert same.endswith("was as good as the mean of 3 fresh seeds, which is as good as the teacher's.")
