from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from kdorch.choosing.intervals import mean_interval
from kdorch.errors import ChoiceError


@pytest.mark.parametrize("n", [2, 3, 5, 30])
def test_interval_is_the_one_of_student(n):
    values = np.random.default_rng(n).normal(0.9, 0.02, n)
    interval = mean_interval(values.tolist())
    expected = stats.t.interval(0.95, n - 1, loc=values.mean(), scale=stats.sem(values))
    assert (interval.low, interval.high) == pytest.approx(expected)
    assert (interval.mean, interval.n) == (pytest.approx(values.mean()), n)


def test_interval_agrees_with_a_published_example():
    # Student (1908), "The probable error of a mean": extra hours of sleep, drug 2 over drug 1, ten patients.
    first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    difference = mean_interval([two - one for one, two in zip(first, second, strict=True)])
    assert difference.mean == pytest.approx(1.58)
    assert (difference.low, difference.high) == pytest.approx((0.7001, 2.4599), abs=1e-4)


def test_a_single_seed_says_nothing_about_the_spread():
    interval = mean_interval([0.9])
    assert (interval.mean, interval.low, interval.high, interval.n) == (0.9, -math.inf, math.inf, 1)


def test_equal_values_have_an_interval_of_no_width():
    interval = mean_interval([0.5, 0.5, 0.5])
    assert (interval.low, interval.mean, interval.high) == (0.5, 0.5, 0.5)


def test_a_diverged_seed_is_not_hidden():
    interval = mean_interval([0.9, math.nan, 0.9])
    assert math.isnan(interval.mean)
    assert math.isnan(interval.low)


def test_no_seeds_have_no_mean():
    with pytest.raises(ChoiceError, match="no seed was confirmed"):
        mean_interval([])
