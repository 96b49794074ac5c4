"""Means over seeds and test rows together."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from kdorch.choosing.crossed import Scored, spread
from kdorch.choosing.intervals import mean_interval


def scored(values: np.ndarray) -> Scored:
    return Scored(dict(enumerate(values.mean(1).tolist())), dict(enumerate(values)))


def drawn(
    seeds: int, rows: int, *, of_seeds: float, of_rows: float, noise: float, seed: int = 0
) -> np.ndarray:
    draw = np.random.default_rng(seed).normal
    return draw(0, of_seeds, (seeds, 1)) + draw(0, of_rows, rows) + draw(0, noise, (seeds, rows))


def test_over_seeds_alone_it_is_the_interval_of_student() -> None:
    scores = [0.91, 0.93, 0.94, 0.9]
    found = spread(Scored(dict(enumerate(scores)), {}))
    assert found.rows is None
    interval, expected = found.interval(0.95), mean_interval(scores)
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high))
    assert interval.n == 4


def test_the_parts_estimate_the_variances_that_were_drawn_from() -> None:
    parts = [
        spread(scored(drawn(5, 400, of_seeds=0.3, of_rows=2.0, noise=1.5, seed=seed))) for seed in range(300)
    ]
    assert np.mean([part.by_seed for part in parts]) == pytest.approx(0.3**2 + 1.5**2 / 400, rel=0.1)
    assert np.mean([part.by_chance for part in parts]) == pytest.approx(1.5**2 / 400, rel=0.02)
    assert np.mean([part.by_row for part in parts]) == pytest.approx(2.0**2 / 400, rel=0.02)


def test_where_only_rows_differ_it_is_the_interval_over_rows() -> None:
    row = np.random.default_rng(1).normal(size=90)
    interval = spread(scored(np.tile(row, (5, 1)))).interval(0.95)
    expected = stats.t.interval(0.95, 89, loc=row.mean(), scale=stats.sem(row))
    assert (interval.low, interval.high) == pytest.approx(expected)


def test_seeds_that_agree_by_luck_do_not_hide_the_chance_in_single_rows() -> None:
    values = np.zeros((3, 90))
    for seed, rows in enumerate(([0, 1, 2], [3, 4, 5], [6, 7, 8])):
        values[seed, rows] = 1, 1, -1  # each seed one row ahead, on other rows
    found = spread(scored(values))
    assert found.by_seed == pytest.approx(0)
    assert found.interval(0.95).low < 0 < found.interval(0.95).high


def test_differences_are_paired_by_seed_and_by_row() -> None:
    hard = drawn(1, 90, of_seeds=0, of_rows=5, noise=0)
    ours = {seed: hard[0] + seed + 1.0 for seed in (3, 1, 2)}
    theirs = {seed: hard[0] + seed for seed in (1, 2, 4)}
    pairs = Scored({s: v.mean() for s, v in ours.items()}, ours).over(
        Scored({s: v.mean() for s, v in theirs.items()}, theirs)
    )
    assert pairs.scores == pytest.approx({1: 1.0, 2: 1.0})
    interval = spread(pairs).interval(0.95)
    assert (interval.low, interval.high) == pytest.approx((1.0, 1.0))


def test_right_and_wrong_as_bytes_do_not_run_over() -> None:
    right, wrong = np.ones(8, dtype=np.uint8), np.zeros(8, dtype=np.uint8)
    pairs = Scored({0: 0.0}, {0: wrong}).over(Scored({0: 1.0}, {0: right}))
    assert pairs.rows[0].tolist() == [-1.0] * 8


@pytest.mark.parametrize("missing", ["one seed has no rows", "rows differ in number", "one row"])
def test_rows_that_are_not_known_throughout_are_left_out(missing: str) -> None:
    values = drawn(3, 50, of_seeds=1, of_rows=9, noise=1)
    found = scored(values)
    rows = {
        "one seed has no rows": {0: values[0], 1: values[1]},
        "rows differ in number": {0: values[0], 1: values[1], 2: values[2, :40]},
        "one row": dict(enumerate(values[:, :1])),
    }[missing]
    alone = spread(Scored(found.scores, rows))
    assert alone.rows is None
    assert alone.interval(0.95).low == pytest.approx(mean_interval(list(found.scores.values())).low)


def test_one_seed_says_nothing_about_the_spread() -> None:
    interval = spread(scored(drawn(1, 50, of_seeds=0, of_rows=1, noise=0))).interval(0.95)
    assert (interval.low, interval.high) == (-math.inf, math.inf)
