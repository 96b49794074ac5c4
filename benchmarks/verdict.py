"""How often the verdict is wrong, by simulation: the figures of docs/verdict.md.

``python -m benchmarks.verdict``, for about ten minutes on two cores.

A student is right about a row if the sum of four normal parts is above a threshold: how hard the row is for
everybody, how hard it is with a teacher, or without one, how good the seed is, and chance. With and without a
teacher these are drawn alike: without an effect nothing sets the two apart but the seeds and rows at hand.
Verdicts are kdorch's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product, repeat
from math import sqrt
from statistics import NormalDist
from typing import Any

import click
import numpy as np
import numpy.typing as npt

from kdorch.choosing.crossed import Scored
from kdorch.choosing.verdict import Verdict, verdicts

SEEDS, ROWS, CANDIDATES = (3, 5, 10), (90, 360, 5000), (1, 3)
SPREADS = {"none": 0.0, "0.5 points": 0.005, "2 points": 0.02}
_OWN = 0.3  # of what rows decide: the part that differs with and without a teacher
_STANDARD = NormalDist()

Normal = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Case:
    """A confirmation.

    Attributes:
        seeds: Of each candidate.
        rows: Of the test split.
        candidates: Judged together.
        spread: Standard deviation of the accuracy between seeds.
        hardness: How much of what decides about a row is the same for every seed, 0 to 1.
        effect: What the teacher adds to the accuracy.
        accuracy: Without a teacher.
        alone: Whether nothing is known of single rows.
    """

    seeds: int
    rows: int
    candidates: int = 1
    spread: float = 0.005
    hardness: float = 0.7
    effect: float = 0.0
    accuracy: float = 0.95
    alone: bool = False


def judged(case: Case, repetitions: int) -> Iterator[list[Verdict]]:
    """Yield the verdicts of each repetition; of equal cases the same ones."""
    rng = np.random.Generator(np.random.SFC64([case.seeds, case.rows, case.candidates]))
    for _ in range(repetitions):
        row = _normal(rng, case.rows, 1 - _OWN)
        pairs = {
            number: (
                _scored(rng, case, row, case.accuracy + case.effect),
                _scored(rng, case, row, case.accuracy),
            )
            for number in range(case.candidates)
        }
        yield list(verdicts(pairs, "test/accuracy", "max", "paired").values())


def _scored(rng: np.random.Generator, case: Case, row: Normal, accuracy: float) -> Scored:
    threshold, deviation = _latent(case, accuracy)
    good = np.float32(threshold) + _normal(rng, case.seeds, deviation**2)
    easy = np.float32(sqrt(case.hardness)) * (row + _normal(rng, case.rows, _OWN))
    chance = _normal(rng, (case.seeds, case.rows), 1 - case.hardness)
    right = (chance + easy > -good[:, None]).view(np.uint8)
    return Scored(dict(enumerate(right.mean(1).tolist())), {} if case.alone else dict(enumerate(right)))


def _latent(case: Case, accuracy: float) -> tuple[float, float]:
    """Return what is added for everybody, and the deviation between seeds, so that the accuracy comes out."""
    threshold = _STANDARD.inv_cdf(accuracy)
    deviation = case.spread / _STANDARD.pdf(threshold)
    return threshold * sqrt(1 + deviation**2), deviation


def _normal(rng: np.random.Generator, shape: int | tuple[int, int], variance: float) -> Normal:
    return rng.standard_normal(shape, dtype=np.float32) * np.float32(sqrt(variance))


def said(case: Case, repetitions: int) -> Mapping[str, float]:
    """Return how often, of all repetitions, a word is said of any candidate; also "helps or hurts"."""
    counts: Counter[str] = Counter()
    for found in judged(case, repetitions):
        words: set[str] = {verdict.word for verdict in found}
        counts.update(words | ({"helps or hurts"} if words & {"helps", "hurts"} else set()))
    return {word: counts[word] / repetitions for word in (*counts, "helps", "helps or hurts")}


def covered(case: Case, repetitions: int) -> float:
    """Return in which share of the repetitions the interval of the first student has its true accuracy."""
    within = [
        each.student.low <= case.accuracy + case.effect <= each.student.high
        for each, *_ in judged(case, repetitions)
    ]
    return sum(within) / len(within)


def false_positive(case: Case, repetitions: int) -> float:
    """Return how often anything is said to help or to hurt."""
    return said(case, repetitions)["helps or hurts"]


def power(case: Case, repetitions: int) -> float:
    """Return how often anything is said to help."""
    return said(case, repetitions)["helps"]


@dataclass(frozen=True)
class Table:
    """Shares of repetitions; rows and columns are fields of cases."""

    title: str
    share: Callable[[Case, int], float]
    rows: Mapping[str, Mapping[str, Any]]
    columns: Mapping[str, Mapping[str, Any]]
    repetitions: int = 4000

    def lines(self, pool: Executor) -> Iterator[str]:
        """Yield its lines as they are computed."""
        yield f"**{self.title}**\n"
        yield f"| {' | '.join(('', *self.columns))} |"
        yield "|---" * (1 + len(self.columns)) + "|"
        cases = [Case(**row, **column) for row in self.rows.values() for column in self.columns.values()]
        shares = pool.map(self.share, cases, repeat(self.repetitions))
        for name in self.rows:
            yield f"| {' | '.join((name, *(f'{next(shares):.1%}' for _ in self.columns)))} |"
        yield ""


CONFIRMATIONS = {
    f"{seeds} seeds, {rows:,} rows": {"seeds": seeds, "rows": rows} for seeds, rows in product(SEEDS, ROWS)
}
FIVE_SEEDS = {f"{rows:,} rows": {"seeds": 5, "rows": rows} for rows in ROWS}
TABLES = (
    Table(
        "A teacher without effect is said to help or to hurt, by students and deviation between seeds",
        false_positive,
        CONFIRMATIONS,
        {
            f"{count}, {name}": {"candidates": count, "spread": spread}
            for count, (name, spread) in product(CANDIDATES, SPREADS.items())
        },
        repetitions=16_000,
    ),
    Table(
        "The same of 3 students, by how much rows decide, and by accuracy",
        false_positive,
        FIVE_SEEDS,
        {f"{share:.0%} rows": {"candidates": 3, "hardness": share} for share in (0.0, 0.3, 0.9)}
        | {f"accuracy {each}": {"candidates": 3, "accuracy": each} for each in (0.7, 0.99)},
    ),
    Table(
        "The same of 3 students, over seeds alone, by how much rows decide",
        false_positive,
        FIVE_SEEDS,
        {
            f"{share:.0%} rows": {"candidates": 3, "hardness": share, "alone": True}
            for share in (0.0, 0.3, 0.7, 0.9)
        },
    ),
    Table(
        "A teacher that adds so much is said to help, one student",
        power,
        CONFIRMATIONS,
        {f"+{100 * effect:g} points": {"effect": effect} for effect in (0.005, 0.01, 0.02, 0.03)},
    ),
    Table(
        "The interval of a student has its true accuracy",
        covered,
        FIVE_SEEDS,
        {f"accuracy {each}": {"accuracy": each} for each in (0.7, 0.95, 0.99)},
    ),
)


def main() -> None:
    """Print all tables."""
    with ProcessPoolExecutor() as pool:
        for table in TABLES:
            for line in table.lines(pool):
                click.echo(line)


if __name__ == "__main__":
    main()
