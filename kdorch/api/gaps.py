"""How much of the gap to the teacher a study's confirmed students close, from its record and the ledger."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kdorch.api.judged import scored
from kdorch.choosing.crossed import Scored
from kdorch.choosing.gap import closed
from kdorch.choosing.intervals import Interval
from kdorch.choosing.numbers import percent
from kdorch.search.ledger import Ledger

if TYPE_CHECKING:
    from kdorch.api.results import Results


def gaps(results: Results) -> dict[int, Interval]:
    """Return the share of each confirmed student that has a twin, by trial, where there is a gap to close."""
    direction = results.study.objectives[results.quality]
    found: dict[int, Interval] = {}
    for trial, verdict in results.verdicts.items():
        if verdict.twin is not None:
            student, twin = (scored(results, trial, role) for role in ("confirm", "baseline"))
            share = closed(student, twin, _teacher(results, student), direction)
            found |= {trial: share} if share else {}
    return found


def _teacher(results: Results, student: Scored) -> Scored:
    """Return the teacher as if it had been trained on each seed, always to the same: there is one."""
    name, ledger = results.test_score.removeprefix("test/"), Ledger(results.home.ledger)
    weights = results.record["teacher"]["digest"]
    rows = ledger.rows(results.record["data"]["digest"], weights).get(name)
    alike = dict.fromkeys(student.scores, rows) if rows is not None else {}
    return Scored(dict.fromkeys(student.scores, results.teacher[results.test_score]), alike)


def gaps_told(results: Results) -> Iterator[str]:
    """Yield a sentence for each share."""
    baseline = results.study.confirm.baseline
    for trial, share in gaps(results).items():
        ends = f"{_end(share.low)} to {_end(share.high)}, {baseline} baseline"
        yield f"Trial {trial} closes {percent(share.mean)} of the gap to the teacher ({ends})."


def _end(share: float) -> str:
    return percent(share) if math.isfinite(share) else "no end"


def gap_rows(results: Results) -> list[dict[str, Any]]:
    """Return the shares as rows of a table; an interval without an end has None for it."""
    return [
        {"trial": trial}
        | {end: value if math.isfinite(value) else None for end, value in vars(share).items()}
        for trial, share in gaps(results).items()
    ]
