"""What is said of students beside their twins without a teacher."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from kdorch.choosing.crossed import Scored
from kdorch.choosing.verdict import Verdict, verdicts

NOBODY = Scored({}, {})


def student(mean: float, *, seeds: int = 5, spread: float = 0.001, rows: int = 0) -> Scored:
    """Make one whose seeds are evenly spread, and whose rows, if any, are right or wrong by turns."""
    scores = {1000 + seed: mean + spread * (seed - (seeds - 1) / 2) for seed in range(seeds)}
    values = {
        seed: (np.arange(rows) % rows < round(score * rows)).astype(np.uint8)
        for seed, score in scores.items()
    }
    return Scored(scores, values if rows else {})


def judge(ours: Scored, twin: Scored, *, direction: str = "max", baseline: str = "paired") -> Verdict:
    return verdicts({7: (ours, twin)}, "test/score", direction, baseline)[7]


SAME = student(0.9, spread=0)


@pytest.mark.parametrize(
    ("ours", "word"),
    [(0.95, "helps"), (0.85, "hurts"), (0.9, "does not help"), (0.8999, "does not help")],
)
def test_the_word_follows_the_interval(ours: float, word: str) -> None:
    found = judge(student(ours), SAME)
    assert found.word == word
    assert found.seeds is None
    assert found.difference.mean == pytest.approx(ours - 0.9)


def test_less_is_better_where_it_is() -> None:
    found = judge(student(0.85), SAME, direction="min")
    assert found.word == "helps"
    assert found.difference.mean == pytest.approx(0.05)
    assert "helps by 0.0500" in found.sentence
    assert "less is better" in found.sentence
    assert judge(student(0.95), SAME, direction="min").word == "hurts"


@pytest.mark.parametrize(
    ("twin", "direction", "worth"),
    [
        (0.6, "max", 0.006),
        (0.95, "max", 0.005),
        (0.99, "max", 0.001),
        (1.8, "min", 0.018),
        (0.05, "min", 0.0005),
        (-0.5, "max", 0.005),
        (12.0, "max", 0.12),
    ],
)
def test_a_gain_worth_naming_is_one_percent_and_near_perfection_a_tenth_of_the_rest(
    twin: float, direction: str, worth: float
) -> None:
    assert judge(student(twin), student(twin), direction=direction).worth == pytest.approx(worth)


def test_what_rules_no_gain_out_does_not_say_that_there_is_none() -> None:
    wide = judge(student(0.9, spread=0.02), SAME)
    assert wide.difference.mean == pytest.approx(0)
    assert wide.word == "inconclusive"
    assert wide.seeds > 0


def test_so_many_more_seeds_as_are_said_settle_it() -> None:
    few = judge(student(0.912, seeds=4, spread=0.01), student(0.9, seeds=4, spread=0))
    assert few.word == "inconclusive"
    assert f"about {few.seeds} more seeds would settle it" in few.sentence
    deviation = np.std([-0.015, -0.005, 0.005, 0.015], ddof=1)

    def again(seeds: int) -> str:
        scores = (
            np.resize([-1.0, 1.0], seeds) if seeds % 2 == 0 else np.r_[0, np.resize([-1.0, 1.0], seeds - 1)]
        )
        scores = 0.912 + (scores - scores.mean()) * deviation / scores.std(ddof=1)
        return judge(Scored(dict(enumerate(scores)), {}), Scored(dict.fromkeys(range(seeds), 0.9), {})).word

    assert again(4 + few.seeds) == "helps"
    assert again(4 + few.seeds - 1) == "inconclusive"


def test_where_the_rows_are_too_few_no_number_of_seeds_is_promised() -> None:
    right = np.ones(60)
    right[:4] = 0  # in every seed the same rows
    twin = np.ones(60)
    twin[4:7] = 0
    seeds = range(5)
    found = judge(
        Scored(dict.fromkeys(seeds, right.mean()), dict.fromkeys(seeds, right)),
        Scored(dict.fromkeys(seeds, twin.mean()), dict.fromkeys(seeds, twin)),
    )
    assert (found.word, found.seeds, found.rows) == ("inconclusive", None, 60)
    assert "more test rows would settle it" in found.sentence


def test_several_candidates_make_each_interval_wider() -> None:
    pair = student(0.92, spread=0.01), SAME
    alone = verdicts({1: pair}, "test/score", "max", "paired")[1]
    three = verdicts({1: pair, 2: pair, 3: pair}, "test/score", "max", "paired")
    assert three[1].difference.low < alone.difference.low
    assert three[1].student == alone.student, "only what is decided by is corrected"
    unpaired = verdicts({1: pair, 2: (pair[0], NOBODY)}, "test/score", "max", "paired")
    assert unpaired[1].difference == alone.difference, "nothing is decided about the second"


def test_each_sentence_names_its_baseline() -> None:
    pairs = [(student(mean, spread=spread), SAME) for mean in (0.85, 0.9, 0.95) for spread in (0.001, 0.1)]
    for baseline in ("paired", "tuned"):
        for found in verdicts(dict(enumerate(pairs)), "test/score", "max", baseline).values():
            assert f"({baseline} baseline)" in found.sentence
            assert found.sentence.startswith(f"Trial {found.candidate}: ")
            assert found.word in found.sentence


def test_without_a_twin_there_is_no_verdict() -> None:
    found = judge(student(0.9), NOBODY)
    assert (found.word, found.baseline, found.twin, found.difference) == ("no baseline", "none", None, None)
    assert found.student.mean == pytest.approx(0.9)
    assert re.search(r"0\.9000 ± 0\.0020", found.sentence)


def test_seeds_that_have_no_twin_yet_are_not_compared() -> None:
    found = judge(student(0.9, seeds=5), student(0.8, seeds=3))
    assert (found.student.n, found.twin.n, found.difference.n) == (5, 3, 3)


def test_what_is_over_seeds_alone_says_so() -> None:
    assert "over seeds alone" in judge(student(0.95), SAME).sentence
    with_rows = judge(student(0.95, rows=1000), student(0.85, rows=1000))
    assert "over seeds alone" not in with_rows.sentence
    assert with_rows.rows == 1000


def test_one_seed_settles_nothing() -> None:
    found = judge(student(0.99, seeds=1), student(0.5, seeds=1))
    assert (found.word, found.seeds) == ("inconclusive", None)
    assert "one seed says nothing" in found.sentence
    assert "inf" not in found.sentence


@pytest.mark.parametrize("score", [math.nan, -math.inf])
def test_a_score_that_is_no_number_settles_nothing(score: float) -> None:
    found = judge(Scored({1000: 0.9, 1001: score}, {}), student(0.5, seeds=2))
    assert (found.word, found.seeds) == ("inconclusive", None)
    assert "a score is no number" in found.sentence


def test_before_a_confirmation_there_are_none() -> None:
    assert verdicts({}, "test/score", "max", "paired") == {}
