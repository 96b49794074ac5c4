"""What a rule saves is what was not trained, and what it costs is missing from the front."""

from __future__ import annotations

import pytest

from benchmarks.curves import TRIALS, Recorded, recorded
from benchmarks.rows.pruning import replay
from benchmarks.rules import RULES

SLOW = Recorded([0.4, 0.5, 0.3, 0.9], 10, 4.0)  # ends on the front
BAD = Recorded([0.4, 0.4, 0.4, 0.6], 1000, 8.0)
GOOD = Recorded([0.8, 0.8, 0.8, 0.8], 100, 4.0)


class Impatient:
    """Gives up, after an epoch, whoever is worse than one half, if he was begun when another had ended."""

    def __init__(self):
        self.known = 0

    def begin(self, params, epochs):
        known = self.known
        return lambda epoch, score: known > 0 and epoch == 1 and score < 0.5

    def end(self, curve, params, epochs):
        self.known += 1


def test_epochs_are_weighed_by_what_they_took():
    saving = replay([GOOD, BAD], Impatient())
    assert saving.faster == (4 + 8) / (4 + 2)
    assert saving.kept == 1


def test_who_is_given_up_is_missing_from_the_front():
    assert replay([GOOD, SLOW], Impatient()).kept < 0.9


def test_those_that_are_begun_at_once_do_not_know_of_each_other():
    assert replay([GOOD, BAD], Impatient(), 2).faster == 1


@pytest.mark.parametrize("name", ["w2", "w2-wide", "w1-wide"])
def test_ours_keeps_the_front_of_what_was_recorded_and_saves_half(name):
    seeds = recorded(name)
    assert [len(trials) for trials in seeds] == [TRIALS] * 3
    savings = [replay(trials, RULES["optimistic"]()) for trials in seeds]
    assert sum(saving.kept for saving in savings) / 3 >= 0.99
    assert sum(saving.faster for saving in savings) / 3 >= 1.8
