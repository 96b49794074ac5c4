from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from kdorch.study.pruning import Bar, Reached, best_so_far, stop

OBJECTIVES = {"val/accuracy": "max", "size/params": "min"}
EPOCHS = 10
HALVING = [1 - 0.5 * 0.8**epoch for epoch in range(EPOCHS)]  # the error is .5 after the first epoch


def reached(*finished: tuple[list[float], int], objectives: Any = OBJECTIVES) -> Reached:
    found = Reached(objectives)
    for curve, params in finished:
        found.add(curve, {"val/accuracy": curve[-1], "size/params": params})
    return found


def bar(*finished: tuple[list[float], int], epochs: int = EPOCHS) -> Bar:
    found = reached(*finished).bar(epochs)
    assert found is not None
    return found


def given_up(bar: Bar, curve: list[float], params: int) -> int | None:
    """The epoch after which a trial is given up."""
    ask = stop(json.loads(json.dumps(asdict(bar))), {"size/params": params})
    return next((epoch for epoch, best in enumerate(curve, 1) if ask(epoch, best)), None)


def shifted(curve: list[float], factor: float) -> list[float]:
    return [1 - (1 - score) * factor for score in curve]


FOUR = [(HALVING, 1000)] * 4


def test_who_follows_the_others_from_behind_is_given_up_at_once() -> None:
    assert given_up(bar(*FOUR), shifted(HALVING, 1.01), 1000) == 1
    assert given_up(bar(*FOUR), shifted(HALVING, 1.01), 2000) == 1


def test_who_is_smaller_or_ahead_goes_on() -> None:
    assert given_up(bar(*FOUR), shifted(HALVING, 1.9), 999) is None
    assert given_up(bar(*FOUR), shifted(HALVING, 0.99), 10**9) is None


def test_one_who_falls_behind_is_given_up_when_no_luck_can_make_up_for_it() -> None:
    stuck = [*shifted(HALVING, 0.7)[:3], *[shifted(HALVING, 0.7)[2]] * 7]
    # Two epochs without progress cost less than what it was ahead, 1 / .7; the second makes it .64 / .7.
    assert given_up(bar(*FOUR), stuck, 1000) == 5


def test_hope_is_what_the_luckiest_had() -> None:
    late = [0.5] * 9 + [0.9]  # shrinks its error to a fifth in the last epoch
    flat = [0.5] * 9 + [0.51]
    good = [0.85] * 10
    common = bar(*[(flat, 50)] * 16, *[(late, 5000)] * 4, (good, 100))
    assert common.hope == pytest.approx([0.2] * 9 + [1.0], abs=1e-4)
    assert given_up(common, late, 200) is None
    rare = bar(*[(flat, 50)] * 19, (late, 5000), (good, 100))
    assert rare.hope == pytest.approx([0.98] * 9 + [1.0], abs=1e-4)
    assert given_up(rare, late, 200) == 1


def test_nobody_is_given_up_after_the_last_epoch() -> None:
    beaten = [0.95] * 9 + [0.95]
    hopes = Bar(OBJECTIVES, [0.0] * 9 + [1.0], [[0.01, 1]])
    assert given_up(hopes, beaten, 10) is None


def test_nobody_is_given_up_while_little_is_known() -> None:
    assert reached(*FOUR[:3]).bar(EPOCHS) is None
    assert stop(None, {"size/params": 1})(5, 0.0) is False


def test_an_objective_that_is_measured_after_training_leaves_hope() -> None:
    found = Reached(OBJECTIVES | {"cost/train_seconds": "min"})
    for _ in range(5):
        found.add(HALVING, {"val/accuracy": HALVING[-1], "size/params": 10, "cost/train_seconds": 1.0})
    told = found.bar(EPOCHS)
    assert told is not None
    assert not told.hopeless(5, 0.0, {"size/params": 10**6})
    assert told.hopeless(5, 0.0, {"size/params": 10**6, "cost/train_seconds": 2.0})


def test_a_score_that_goes_beyond_one_has_no_bound() -> None:
    decibels = [20.0 + epoch for epoch in range(EPOCHS)]
    assert reached(*[(decibels, 10)] * 9).bar(EPOCHS) is None


def test_an_error_that_is_minimised_is_one() -> None:
    found = Reached({"val/mse": "min", "size/params": "min"})
    for _ in range(4):
        found.add([8.0, 4.0, 2.0, 1.0], {"val/mse": 1.0, "size/params": 10})
    told = found.bar(4)
    assert told is not None
    assert told.hope == [0.125, 0.25, 0.5, 1.0]
    assert told.hopeless(2, 4.01, {"size/params": 10})
    assert not told.hopeless(2, 3.99, {"size/params": 10})


def test_one_that_breaks_a_limit_stands_in_nobody_s_way() -> None:
    found = reached(*[(shifted(HALVING, 1.5), 5)] * 4)
    found.add(shifted(HALVING, 0.1), {"val/accuracy": 0.99, "size/params": 1}, eligible=False)
    told = found.bar(EPOCHS)
    assert told is not None
    assert given_up(told, HALVING, 10) is None


def test_trials_of_other_lengths_are_compared_by_the_share_that_is_done() -> None:
    short, long = [0.5, 0.8], [0.5, 0.5, 0.5, 0.5, 0.8, 0.8, 0.8, 0.8]
    assert bar(*[(short, 10)] * 4, epochs=8).hope == pytest.approx([0, 0, 0, 0.4, 0.4, 0.4, 0.4, 1])
    assert bar(*[(long, 10)] * 4, epochs=2).hope == pytest.approx([0.4, 1])


def test_a_perfect_student_ends_hope_for_those_that_are_no_smaller() -> None:
    told = bar(*FOUR[:3], ([0.5] * 9 + [1.0], 100))
    assert given_up(told, HALVING, 101) == 1
    assert given_up(told, HALVING, 99) is None
    assert given_up(told, [1.0] * 10, 99) is None


@pytest.mark.parametrize("seed", range(10))
def test_nobody_is_given_up_who_with_no_more_luck_than_the_luckiest_reaches_the_front(
    seed: int,
) -> None:
    chance = np.random.default_rng(seed)
    curves = [1 - chance.uniform(0.3, 0.9) * np.cumprod(chance.uniform(0.7, 1, EPOCHS)) for _ in range(25)]
    told = bar(*[(best_so_far(curve, "max"), int(chance.integers(10, 1000))) for curve in curves])
    reach = 0
    for _ in range(300):
        error, params = chance.uniform(0, 0.9), int(chance.integers(10, 1000))
        if any(other <= error and size <= params for other, size in told.front):
            continue
        reach += 1
        shares = chance.uniform(told.hope, 1)
        assert given_up(told, [1 - error / share for share in shares], params) is None
    assert reach >= 10


@pytest.mark.parametrize("seed", range(10))
def test_a_worse_score_a_larger_size_or_one_more_finished_trial_never_save_anyone(seed: int) -> None:
    chance = np.random.default_rng(seed)
    told = Bar(OBJECTIVES, sorted(chance.uniform(0.1, 1, EPOCHS)), chance.uniform(0, 1, (4, 2)).tolist())
    more = Bar(OBJECTIVES, told.hope, [*told.front, *chance.uniform(0, 1, (2, 2)).tolist()])
    for _ in range(200):
        epoch, score, size = int(chance.integers(1, EPOCHS)), chance.uniform(), chance.uniform()
        if told.hopeless(epoch, score, {"size/params": size}):
            assert told.hopeless(epoch, score - 0.01, {"size/params": size})
            assert told.hopeless(epoch, score, {"size/params": size + 0.01})
            assert more.hopeless(epoch, score, {"size/params": size})


def test_what_is_written_down_is_short_and_never_falls() -> None:
    assert best_so_far([0.5, 0.123456789, 0.77777777], "max") == [0.5, 0.5, 0.77778]
    assert best_so_far([3.0, 2.00000001, 2.5], "min") == [3.0, 2.0, 2.0]
    told = bar(*[(HALVING, params) for params in range(100, 400)])
    assert len(json.dumps(asdict(told))) < 300


def test_what_is_done_again_is_given_up_after_the_same_epoch() -> None:
    hopeless = stop(None, {}, until=3)
    assert [hopeless(epoch, 1.0) for epoch in (1, 2, 3)] == [False, False, True]
