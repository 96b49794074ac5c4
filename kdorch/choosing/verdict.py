"""The verdict: whether the teacher helps a student, and how sure that is.

What the words mean, and how often they would be wrong, is in docs/verdict.md.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from kdorch.choosing.crossed import Scored, Spread, spread
from kdorch.choosing.intervals import CONFIDENCE, Interval
from kdorch.kinds import Direction

Word = Literal["helps", "hurts", "does not help", "inconclusive", "no baseline"]
Baseline = Literal["none", "paired", "tuned"]

_WORTH = 0.01  # of the twin's score: the smallest gain worth naming
_WORTH_OF_ERROR = 0.1  # and no more than this of what the twin lacks of a score of 1
_MOST = 10_000  # seeds: more than anybody trains
_TWINS = {
    "paired": "the same student with the same settings and no teacher (paired baseline)",
    "tuned": "a student searched for as long without a teacher (tuned baseline)",
}


@dataclass(frozen=True)
class Verdict:
    """What is known of one confirmed student, beside its twin without a teacher.

    Attributes:
        candidate: The trial.
        metric: The score, on the test rows.
        student: Mean over seeds; 95 % interval over seeds and test rows.
        twin: The same of the student without a teacher; None with baseline ``none``.
        difference: Of the two, paired by seed and row, turned so that more is better for the student. The
            intervals of all candidates hold together with 95 % (Bonferroni).
        word: What that says.
        seeds: About so many more would settle it; None where it is settled, or no number would.
        baseline: What the twin is; ``none`` as long as there is none.
        sentence: The same for people.
        direction: Which way of the metric is better.
        rows: Test rows, or blocks of them, that the intervals are over; None where they are over seeds alone.
        worth: The smallest gain that is worth naming: "does not help" rules it out.
    """

    candidate: int
    metric: str
    student: Interval
    twin: Interval | None = None
    difference: Interval | None = None
    word: Word = "no baseline"
    seeds: int | None = None
    baseline: Baseline = "none"
    sentence: str = ""
    direction: Direction = "max"
    rows: int | None = None
    worth: float | None = None


def verdicts(
    candidates: Mapping[int, tuple[Scored, Scored]],
    metric: str,
    direction: Direction,
    baseline: Baseline,
) -> dict[int, Verdict]:
    """Return the verdict on each candidate, by trial.

    Args:
        candidates: By trial: the student, of at least one seed, and its twin, of none if it has none.
        metric: The score that they are judged by.
        direction: Which way of it is better.
        baseline: What the twins are.
    """
    paired = {
        trial: student.over(twin) if direction == "max" else twin.over(student)
        for trial, (student, twin) in candidates.items()
    }
    confidence = together(candidates.values())
    found = {}
    for trial, (student, twin) in candidates.items():
        alone = spread(student)
        verdict = Verdict(trial, metric, alone.interval(CONFIDENCE), direction=direction, rows=alone.rows)
        if paired[trial].scores:
            verdict = _compared(verdict, twin, spread(paired[trial]), baseline, confidence)
        found[trial] = replace(verdict, sentence=_sentence(verdict))
    return found


def together(candidates: Collection[tuple[Scored, Scored]]) -> float:
    """Return the confidence of each candidate's interval with which those of all of them hold with 95 %."""
    count = sum(not student.scores.keys().isdisjoint(twin.scores) for student, twin in candidates)
    return 1 - (1 - CONFIDENCE) / max(1, count)


def _compared(alone: Verdict, twin: Scored, pairs: Spread, baseline: Baseline, confidence: float) -> Verdict:
    of_twin, difference = spread(twin).interval(CONFIDENCE), pairs.interval(confidence)
    worth = worth_naming(of_twin.mean, alone.direction)
    word = _word(difference, worth)
    return replace(
        alone,
        twin=of_twin,
        difference=difference,
        word=word,
        seeds=_more_seeds(pairs, worth, confidence) if word == "inconclusive" else None,
        baseline=baseline,
        rows=pairs.rows,
        worth=worth,
    )


def worth_naming(twin: float, direction: Direction) -> float:
    """Return the smallest gain worth naming; next to perfection small ones are."""
    error = 1 - twin if direction == "max" and 0 <= twin <= 1 else math.inf
    return min(_WORTH * abs(twin), _WORTH_OF_ERROR * error)


def _word(difference: Interval, worth: float) -> Word:
    if difference.low > 0:
        return "helps"
    if difference.high < 0:
        return "hurts"
    return "does not help" if difference.high < worth else "inconclusive"


def _more_seeds(pairs: Spread, worth: float, confidence: float) -> int | None:
    """Return how many more would settle it, were mean and variances to stay as they are."""
    enough = max(abs(pairs.mean), worth - pairs.mean)
    more = range(1, _MOST)
    found = bisect_left(more, True, key=lambda n: pairs.half(confidence, pairs.n + n) < enough)
    return more[found] if found < len(more) else None


def _sentence(verdict: Verdict) -> str:
    found, trial = verdict.difference, f"Trial {verdict.candidate}"
    if found is None or verdict.baseline == "none":
        return (
            f"{trial}: {verdict.metric} {_spread(verdict.student)}, and nothing without a teacher beside it."
        )
    less = " (less is better)" if verdict.direction == "min" else ""
    beside = f"in {verdict.metric}{less} beside {_TWINS[verdict.baseline]}"
    ends = f" ({found.low:+.4f} to {found.high:+.4f})" if found.n > 1 else ""
    told = {
        "helps": f"the teacher helps by {found.mean:.4f}{ends} {beside}",
        "hurts": f"the teacher hurts by {-found.mean:.4f}{ends} {beside}",
        "does not help": f"the teacher does not help: {found.mean:+.4f}{ends} {beside}, "
        f"which rules out a gain of {verdict.worth:.4f}",
        "inconclusive": f"inconclusive: {found.mean:+.4f}{ends} {beside}; {_open(verdict, found)}",
    }[verdict.word]
    alone = ". This is over seeds alone: other test rows may say otherwise"
    return f"{trial}: {told}{'' if verdict.rows or found.n == 1 else alone}."


def _spread(interval: Interval) -> str:
    return f"{interval.mean:.4f}" + (f" ± {interval.high - interval.mean:.4f}" if interval.n > 1 else "")


def _open(verdict: Verdict, found: Interval) -> str:
    """Return what would settle it."""
    if math.isnan(found.mean):
        return "a score is no number"
    if found.n == 1:
        return "one seed says nothing about the spread, set confirm.seeds to 5, say"
    if verdict.seeds:
        return f"about {verdict.seeds} more seed{'s' * (verdict.seeds > 1)} would settle it"
    return "more test rows would settle it, more seeds alone would not"
