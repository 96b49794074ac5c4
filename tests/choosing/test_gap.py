"""The share of the gap to the teacher that a student closes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from kdorch.choosing.crossed import Scored, spread
from kdorch.choosing.gap import closed

SEEDS = range(5)


def scored(values: np.ndarray) -> Scored:
    return Scored(dict(enumerate(values.mean(1).tolist())), dict(enumerate(values)))


def alone(*scores: float) -> Scored:
    return Scored(dict(enumerate(scores)), {})


def test_without_spread_it_is_the_share_itself() -> None:
    found = closed(alone(0.94, 0.94), alone(0.9, 0.9), alone(1.0, 1.0), "max")
    assert found is not None
    assert (found.mean, found.low, found.high, found.n) == pytest.approx((0.4, 0.4, 0.4, 2))


def test_less_is_better_and_a_loss_is_a_negative_share() -> None:
    found = closed(alone(2.1, 2.11), alone(2.0, 2.01), alone(1.0, 1.0), "min")
    assert found is not None
    assert found.mean == pytest.approx(-0.1, rel=0.02)
    assert found.high < 0


def test_it_is_fiellers_interval_over_seeds() -> None:
    student, twin, teacher = np.array([0.93, 0.95, 0.94, 0.93]), np.array([0.9, 0.91, 0.92, 0.89]), 0.97
    found = closed(alone(*student), alone(*twin), alone(*[teacher] * 4), "max")
    gain, gap, t = student - twin, teacher - twin, 3.182446
    # The roots of the quadratic: (mean gain - r mean gap)^2 = t^2 var(gain - r gap) / n.
    [[of_gain, both], [_, of_gap]] = np.cov(gain, gap) * t**2 / 4
    roots = np.roots(
        [gap.mean() ** 2 - of_gap, 2 * (both - gain.mean() * gap.mean()), gain.mean() ** 2 - of_gain]
    )
    assert found is not None
    assert (found.low, found.high) == pytest.approx(sorted(roots), rel=1e-5)


@pytest.mark.parametrize(
    ("student", "twin", "teacher"),
    [
        (alone(0.94, 0.95), alone(0.9, 0.99), alone(0.96, 0.96)),
        (alone(0.94, 0.95), alone(0.97, 0.971), alone(0.96, 0.96)),
        (alone(0.94), alone(0.9), alone(1.0)),
    ],
    ids=["it may be none", "the twin is better", "a single seed"],
)
def test_where_nobody_can_tell_a_gap_there_is_no_share(
    student: Scored, twin: Scored, teacher: Scored
) -> None:
    assert closed(student, twin, teacher, "max") is None


def test_a_gap_that_is_barely_there_leaves_shares_open() -> None:
    student, twin = alone(0.96, 0.95, 0.955, 0.94), alone(0.94, 0.93, 0.95, 0.93)
    found = closed(student, twin, alone(*[0.953] * 4), "max")
    assert found is not None
    assert found.high > 3


@pytest.mark.parametrize("confidence", [0.95, 0.975])
def test_it_is_without_0_just_where_the_difference_is(confidence: float) -> None:
    draw, told = np.random.default_rng(3), set()
    for gain in np.linspace(0, 0.04, 20):
        twin = 0.9 + 0.01 * draw.normal(size=4)
        student = twin + gain + 0.01 * draw.normal(size=4)
        both = alone(*student), alone(*twin)
        found = closed(*both, alone(*[0.99] * 4), "max", confidence)
        assert found is not None
        helps = spread(both[0].over(both[1])).interval(confidence).low > 0
        assert (found.low > 0) == helps
        told.add(helps)
    assert told == {True, False}


def test_it_covers_the_true_share_over_seeds_and_rows() -> None:
    draw = np.random.default_rng(5)
    covered = 0
    for _ in range(120):
        hard = draw.normal(size=400)  # rows that are hard are so for all

        def right(skill: float, hard: np.ndarray = hard) -> np.ndarray:
            return (skill + 0.1 * draw.normal(size=(5, 1)) + hard + draw.normal(size=(5, 400)) > 0).astype(
                float
            )

        teacher = np.tile((2.6 + hard + draw.normal(size=400) > 0).astype(float), (5, 1))
        found = closed(scored(right(1.9)), scored(right(1.6)), scored(teacher), "max")
        truth = (chance(1.9, 0.1) - chance(1.6, 0.1)) / (chance(2.6, 0.0) - chance(1.6, 0.1))
        covered += found is not None and found.low <= truth <= found.high
    assert covered / 120 >= 0.93


def chance(skill: float, spread: float) -> float:
    return 0.5 * (1 + math.erf(skill / math.sqrt(2 * (2 + spread**2))))
