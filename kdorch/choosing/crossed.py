"""Means over seeds and rows at once: how far both together leave them open.

Every seed's student answers every row, so the two are crossed: mean squares and what they estimate are those
of the analysis of variance with two random effects (Cornfield & Tukey, Annals of Mathematical Statistics 27,
1956). The half-width joins two of Student's by their squares (Banerjee, Sankhya A 23, 1961). That covers at
least what it says however the variance is shared out between the two, which Satterthwaite's does not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from kdorch.choosing.front import Floats
from kdorch.choosing.intervals import Interval


@dataclass(frozen=True)
class Scored:
    """What the students of several seeds scored on the same test rows.

    Attributes:
        scores: By seed.
        rows: By seed, values of single rows, or of blocks of them, whose mean is the score or nearly so; of
            those seeds for which they are known.
    """

    scores: Mapping[int, float]
    rows: Mapping[int, Floats]

    def over(self, other: Scored) -> Scored:
        """Return how far these are above others: of the seeds that both have, seed by seed, row by row."""
        seeds = self.scores.keys() & other.scores.keys()
        alike = [
            seed
            for seed in seeds & self.rows.keys() & other.rows.keys()
            if self.rows[seed].shape == other.rows[seed].shape
        ]
        return Scored(
            {seed: self.scores[seed] - other.scores[seed] for seed in sorted(seeds)},
            {seed: np.subtract(self.rows[seed], other.rows[seed], dtype=float) for seed in sorted(alike)},
        )


@dataclass(frozen=True)
class Spread:
    """A mean, and the variances that it is open by.

    Attributes:
        mean: Over the seeds, of their scores.
        n: Number of seeds.
        rows: Number of rows, or blocks of rows; None where their values are not known for every seed.
        by_seed: Variance of the scores between seeds; NaN for a single seed.
        by_chance: The part of it that single rows make; at least so much there is, whatever few seeds show.
        by_row: Variance of the mean that other rows would show, and no number of seeds takes away.
    """

    mean: float
    n: int
    rows: int | None
    by_seed: float
    by_chance: float = 0.0
    by_row: float = 0.0

    def half(self, confidence: float, seeds: int | None = None) -> float:
        """Return half the width of an interval; with another number of seeds, what it would then be."""
        n = seeds or self.n
        row = _quantile(confidence, self.rows - 1) ** 2 if self.rows else 0.0
        by_seed = max(_quantile(confidence, n - 1) ** 2 * self.by_seed, row * self.by_chance)
        return math.sqrt(by_seed / n + row * self.by_row)

    def interval(self, confidence: float) -> Interval:
        """Return the interval; without ends for a single seed, which says nothing about the spread."""
        half = self.half(confidence) if self.n > 1 else math.inf
        return Interval(self.mean, self.mean - half, self.mean + half, self.n)


def spread(scored: Scored) -> Spread:
    """Return the mean over at least one seed, and what it is open by."""
    scores = np.array(list(scored.scores.values()), dtype=float)
    scores[~np.isfinite(scores)] = math.nan
    mean, n = float(scores.mean()), len(scores)
    by_seed = float(scores.var(ddof=1)) if n > 1 else math.nan
    counts = {len(values) for values in scored.rows.values()}
    count = counts.pop() if len(counts) == 1 else 0
    if len(scored.rows) < n or min(n, count) <= 1:  # a seed or a row by itself shows no variance
        return Spread(mean, n, None, by_seed)
    values = np.stack(list(scored.rows.values()), dtype=float)
    of_rows = values.mean(0)
    left = values - of_rows
    left -= left.mean(1, keepdims=True)
    chance = float((left**2).sum()) / ((n - 1) * (count - 1))
    row = n * float(of_rows.var(ddof=1))
    return Spread(mean, n, count, by_seed, chance / count, max(0.0, row - chance) / (n * count))


def _quantile(confidence: float, freedom: int) -> float:
    return float(stdtrit(freedom, (1 + confidence) / 2))
