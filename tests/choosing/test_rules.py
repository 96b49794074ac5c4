from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from kdorch.choosing.rules import best_under, by_number, knee, parse_limit, parse_share, within
from kdorch.errors import ChoiceError

OBJECTIVES = {"val/accuracy": "max", "size/params": "min"}
ERRORS = {"val/mse": "min", "size/params": "min"}


def front_of(quality: list[float], size: list[float], name: str = "val/accuracy") -> pd.DataFrame:
    """Trials 10, 11, … on a front."""
    return pd.DataFrame({"trial": range(10, 10 + len(size)), name: quality, "size/params": size})


FRONT = front_of([0.90, 0.94, 0.958, 0.96], [500, 1000, 5000, 20_000])


def test_knee_is_the_bulge_towards_small_and_accurate():
    assert knee(front_of([0.5, 0.9, 0.92, 0.93], [100, 200, 1000, 10_000]), OBJECTIVES).name == 11


def test_knee_of_an_error_that_falls():
    assert knee(front_of([0.5, 0.1, 0.08, 0.07], [100, 200, 1000, 10_000], "val/mse"), ERRORS).name == 11


def test_knee_takes_positive_sizes_by_their_logarithm():
    quality = [0.0, 0.4, 0.85, 1.0]
    assert knee(front_of(quality, [1, 10, 100, 1000]), OBJECTIVES).name == 12
    assert knee(front_of(quality, [0, 10, 700, 1000]), OBJECTIVES).name == 11


@pytest.mark.parametrize(
    ("quality", "size", "chosen"),
    [
        ([0.9], [10], 10),
        ([0.8, 0.9], [10, 20], 11),
        ([0.7, 0.8, 0.9], [10, 100, 1000], 12),
        ([0.7, 0.71, 0.9], [10, 100, 1000], 12),
    ],
    ids=["one", "two", "straight", "sagging"],
)
def test_a_front_without_a_knee_gives_its_best_quality(quality, size, chosen):
    assert knee(front_of(quality, size), OBJECTIVES).name == chosen


def test_knee_of_three_objectives_is_nearest_to_the_ideal_point():
    front = front_of([1.0, 0.9, 0.0], [1000, 50, 1]).assign(**{"latency/p50": [9.0, 2.0, 1.0]})
    assert knee(front, {**OBJECTIVES, "latency/p50": "min"}).name == 11


def test_knee_of_one_objective():
    assert knee(front_of([0.9], [10]), {"val/accuracy": "max"}).name == 10


def test_within_gives_the_smallest_that_is_near_enough():
    assert within(FRONT, OBJECTIVES, 0.02, teacher=0.975).name == 12
    assert within(FRONT, OBJECTIVES, 0.1, teacher=0.975).name == 10


def test_within_includes_its_bound():
    share = parse_share("10%")
    assert within(front_of([0.63], [5]), OBJECTIVES, share, teacher=0.7).name == 10
    assert within(front_of([0.33], [5], "val/mse"), ERRORS, share, teacher=0.3).name == 10


def test_within_of_an_error_allows_more_of_it():
    front = front_of([0.2, 0.11, 0.10], [1, 2, 3], "val/mse")
    assert within(front, ERRORS, 0.1, teacher=0.1).name == 11
    with pytest.raises(
        ChoiceError, match=r"the nearest is trial 12 with 0\.1, 11\.1 % above: use --within 11\.2%"
    ):
        within(front, ERRORS, 0.1, teacher=0.09)


def test_within_of_a_negative_quality_allows_less_of_it():
    front = front_of([-1.3, -1.05], [1, 2], "val/log_likelihood")
    objectives = {"val/log_likelihood": "max", "size/params": "min"}
    assert within(front, objectives, 0.1, teacher=-1.0).name == 11


def test_within_names_the_nearest_miss_and_what_would_do():
    with pytest.raises(ChoiceError) as caught:
        within(FRONT.iloc[:3], OBJECTIVES, 0.01, teacher=0.975)
    assert str(caught.value) == (
        "no student of the front is within 1 % of the teacher (0.975); "
        "the nearest is trial 12 with 0.958, 1.7 % below: use --within 1.8%"
    )


@pytest.mark.parametrize("seed", range(30))
def test_the_share_that_within_suggests_is_enough(seed):
    random = np.random.default_rng(seed)
    front = front_of([float(random.uniform(0.1, 0.9))], [1])
    with pytest.raises(ChoiceError) as caught:
        within(front, OBJECTIVES, 0.0, teacher=0.95)
    suggestion = re.search(r"--within (\S+)", str(caught.value))
    assert suggestion is not None
    assert within(front, OBJECTIVES, parse_share(suggestion[1]), teacher=0.95).name == 10


def test_within_of_a_perfect_error_has_no_share_to_suggest():
    with pytest.raises(
        ChoiceError, match=r"trial 10 with 0\.2\. Any share of 0 is 0: choose with --max or --trial"
    ):
        within(front_of([0.2], [1], "val/mse"), ERRORS, 0.5, teacher=0.0)


def test_best_under_gives_the_best_that_fits():
    assert best_under(FRONT, OBJECTIVES, {"size/params": 5000}).name == 12
    assert best_under(FRONT, OBJECTIVES, {"size/params": 4999}).name == 11


def test_best_under_between_equals_takes_the_smaller():
    front = front_of([0.9, 0.9], [20, 10]).assign(**{"latency/p50": [1.0, 2.0]})
    assert best_under(front, OBJECTIVES, {"latency/p50": 3}).name == 11


def test_best_under_needs_every_maximum():
    front = FRONT.assign(**{"latency/p50": [4.0, 3.0, 2.0, 1.0]})
    assert best_under(front, OBJECTIVES, {"size/params": 5000, "latency/p50": 3.5}).name == 12
    with pytest.raises(ChoiceError) as caught:
        best_under(front, OBJECTIVES, {"size/params": 900, "latency/p50": 3.0})
    assert str(caught.value) == (
        "no student of the front has size/params at most 900 and latency/p50 at most 3; the nearest is "
        "trial 11 with size/params 1,000 and latency/p50 3: use --max size/params=1000 --max latency/p50=3"
    )


def test_best_under_of_a_metric_that_nobody_has():
    with pytest.raises(ChoiceError, match="Choose by metrics that every trial has"):
        best_under(FRONT.assign(**{"latency/p50": np.nan}), OBJECTIVES, {"latency/p50": 3.0})


def test_best_under_of_an_unknown_metric():
    with pytest.raises(ChoiceError, match="Did you mean 'size/params'"):
        best_under(FRONT, OBJECTIVES, {"size/parms": 5000})


@pytest.mark.parametrize("name", ["run_id", "weights", "student", "student.width", "trial", "notes/text"])
def test_best_under_of_what_is_no_metric(name):
    others = {"run_id": "1f", "weights": "2e", "student": "mlp", "student.width": 8, "notes/text": "good"}
    with pytest.raises(ChoiceError, match=f"no metric is called '{name}'.*size/params") as caught:
        best_under(FRONT.assign(**others), OBJECTIVES, {name: 3})
    assert "student.width, " not in str(caught.value)


def test_best_under_of_no_maximum_at_all_is_the_best():
    assert best_under(FRONT, OBJECTIVES, {}).name == 13


def test_by_number_gives_the_whole_row_from_column_or_index():
    assert by_number(FRONT, 12)["size/params"] == 5000
    assert by_number(FRONT.set_index("trial"), 12)["size/params"] == 5000


def test_by_number_names_the_nearest():
    with pytest.raises(
        ChoiceError, match=r"trial 99 is not among the 4 complete .* the nearest number is 13"
    ):
        by_number(FRONT, 99)
    with pytest.raises(ChoiceError, match="the study has no complete trial yet"):
        by_number(FRONT.head(0), 0)


def test_an_empty_front_is_said_to_be_empty():
    for choose in (
        lambda front: knee(front, OBJECTIVES),
        lambda front: within(front, OBJECTIVES, 0.01, 0.9),
        lambda front: best_under(front, OBJECTIVES, {"size/params": 1}),
    ):
        with pytest.raises(ChoiceError, match="the front is empty"):
            choose(FRONT.head(0))


@pytest.mark.parametrize(
    ("text", "share"), [("1%", 0.01), (" 2.5 % ", 0.025), ("0.01", 0.01), ("0", 0), ("150%", 1.5)]
)
def test_a_share_is_percent_or_a_fraction(text, share):
    assert parse_share(text) == pytest.approx(share)


@pytest.mark.parametrize("text", ["", "%", "one", "-1%", "nan", "inf%", "1", "5", "1%%"])
def test_a_bad_share_is_refused(text):
    with pytest.raises(ChoiceError, match=re.escape(f"{text!r} is not a share")):
        parse_share(text)


@pytest.mark.parametrize("text", ["size/params=5000", " size/params = 5e3 "])
def test_a_limit_is_a_metric_and_a_number(text):
    assert parse_limit(text) == ("size/params", 5000.0)


@pytest.mark.parametrize(
    "text", ["", "size/params", "=5", "size/params=", "size/params=20k", "size/params<=5", "a=nan", "a=b=1"]
)
def test_a_bad_limit_is_refused(text):
    with pytest.raises(ChoiceError, match=re.escape(f"{text!r} is not a limit")):
        parse_limit(text)
