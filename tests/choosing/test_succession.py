"""Who may take whose place, and who may not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kdorch.choosing.crossed import Scored
from kdorch.choosing.succession import Ruling, beats

SAME = {"size/params": ([835.0] * 3, [835.0] * 3, "min")}
SMALLER = {"size/params": ([460.0] * 3, [835.0] * 3, "min")}
LARGER = {"size/params": ([1360.0] * 3, [835.0] * 3, "min")}


def student(mean: float, spread: float = 0.001, seeds: int = 3) -> Scored:
    values = mean + spread * np.linspace(-1, 1, seeds) if seeds > 1 else [mean]
    return Scored({seed: float(value) for seed, value in enumerate(values)}, {})


def uneven(mean: float, spread: float) -> Scored:
    """Seeds whose differences to evenly spread ones vary."""
    return Scored({0: mean + spread, 1: mean - spread, 2: mean}, {})


def judge(one: Scored, other: Scored, others: Any = SAME, direction: Any = "max") -> Ruling:
    return beats(one, other, "test/accuracy", direction, others)


def test_who_is_better_by_more_than_chance_takes_the_place_whatever_the_size():
    ruling = judge(uneven(0.95, 0.001), student(0.9), LARGER)
    assert ruling.beats
    assert ruling.told.startswith("test/accuracy +0.0500 (+0.0")
    assert ruling.told.endswith("), better by more than chance explains; size/params 1,360 instead of 835")


def test_who_is_worse_by_more_than_chance_never_does():
    ruling = judge(uneven(0.9, 0.001), student(0.95), SMALLER)
    assert not ruling.beats
    assert ", worse by more than chance explains; size/params 460 instead of 835" in ruling.told


@pytest.mark.parametrize(("others", "takes"), [(SMALLER, True), (SAME, False), (LARGER, False)])
def test_who_is_as_good_has_to_be_cheaper(others, takes):
    ruling = judge(uneven(0.899, 0.01), student(0.9, 0.01), others)
    assert ruling.beats == takes
    assert "which may be chance;" in ruling.told


def test_a_loss_that_is_certain_and_does_not_matter_is_no_obstacle():
    """Otherwise the better something is known, the harder it would be to take a place."""
    ruling = judge(uneven(0.897, 0.0005), student(0.9, 0.0005), SMALLER)
    assert ruling.beats
    assert ", worse by more than chance explains, but by too little to matter; size" in ruling.told
    assert not judge(uneven(0.897, 0.0005), student(0.9, 0.0005), SAME).beats


def test_chance_may_not_hide_a_loss_that_matters():
    ruling = judge(uneven(0.85, 0.05), student(0.9, 0.05), SMALLER)
    assert not ruling.beats
    assert "which may be chance, but is too much to lose" in ruling.told


def test_more_by_chance_alone_is_not_better():
    assert not judge(uneven(0.93, 0.05), student(0.9, 0.05), LARGER).beats
    assert judge(uneven(0.93, 0.05), student(0.9, 0.05), SMALLER).beats


def test_who_is_worse_in_one_of_several_others_does_not_take_it():
    slower = {**SMALLER, "latency/p50": ([2.0, 2.01, 2.02], [1.0, 1.01, 1.03], "min")}
    assert not judge(uneven(0.9, 0.01), student(0.9, 0.01), slower).beats
    noise = {**SMALLER, "latency/p50": ([1.0, 1.2, 0.9], [1.0, 1.01, 1.03], "min")}
    ruling = judge(uneven(0.9, 0.01), student(0.9, 0.01), noise)
    assert ruling.beats
    assert ruling.told.endswith("latency/p50 as before, 1.033")


def test_less_is_better_where_the_score_is_an_error():
    assert judge(uneven(0.10, 0.001), student(0.2), LARGER, "min").beats
    assert not judge(uneven(0.2, 0.001), student(0.1), SMALLER, "min").beats
    assert not judge(uneven(0.102, 0.01), student(0.1, 0.01), SMALLER, "min").beats  # 2 % more of it
    assert judge(uneven(0.1005, 0.01), student(0.1, 0.01), SMALLER, "min").beats


def test_one_seed_proves_nothing_and_smaller_is_still_smaller():
    larger = {"size/params": ([900.0], [835.0], "min")}
    smaller = {"size/params": ([800.0], [835.0], "min")}
    assert not judge(student(0.99, seeds=1), student(0.9, seeds=1), larger).beats
    ruling = judge(student(0.9, seeds=1), student(0.9, seeds=1), smaller)
    assert ruling.beats
    assert "inf" not in ruling.told


def test_two_perfect_students_are_equal():
    perfect = Scored(dict.fromkeys(range(3), 1.0), {})
    assert judge(perfect, perfect, SMALLER).beats
    assert not judge(perfect, perfect, SAME).beats


def test_the_test_rows_count_as_chance_too():
    """Without rows, seeds that agree would prove a gain of two rows in two hundred."""
    right = np.ones(200)
    worse, better = right.copy(), right.copy()
    worse[:12], better[:10] = 0, 0
    rows = dict.fromkeys(range(3), worse)
    champion, newer = Scored(dict.fromkeys(range(3), 0.94), rows), Scored(dict.fromkeys(range(3), 0.95), {})
    assert judge(newer, champion, LARGER).beats
    known = Scored(newer.scores, dict.fromkeys(range(3), better))
    assert not judge(known, champion, LARGER).beats
