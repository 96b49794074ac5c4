"""How much of the gap to the teacher a study's confirmed students close, from its record and the ledger."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kdorch.choosing.crossed import Scored
from kdorch.choosing.front import Floats
from kdorch.choosing.gap import closed
from kdorch.choosing.intervals import Interval
from kdorch.choosing.numbers import finite, percent
from kdorch.choosing.verdict import together
from kdorch.search.ledger import Ledger

if TYPE_CHECKING:
    from kdorch.api.results import Results


def gaps(results: Results) -> dict[int, Interval]:
    """Return the share of each confirmed student that has a twin, by trial, where there is a gap to close."""
    score = results.teacher.get(results.test_score)
    if score is None:  # a session that goes on with a study has not come to it yet
        return {}
    direction = results.study.objectives[results.quality]
    ledger, record = Ledger(results.home.ledger), results.record
    rows = ledger.rows(record["data"]["digest"], record["teacher"]["digest"])
    single = rows.get(results.test_score.removeprefix("test/"))
    confidence = together(results.tested.values())
    shares = {
        trial: closed(student, twin, _on_each_seed(student, score, single), direction, confidence)
        for trial, (student, twin) in results.tested.items()
    }
    return {trial: share for trial, share in shares.items() if share}


def _on_each_seed(student: Scored, score: float, rows: Floats | None) -> Scored:
    """Return the teacher as if it had been trained on each seed, always to the same: there is one."""
    alike = {} if rows is None else dict.fromkeys(student.scores, rows)
    return Scored(dict.fromkeys(student.scores, score), alike)


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
        {"trial": trial} | {end: finite(value) for end, value in vars(share).items()}
        for trial, share in gaps(results).items()
    ]
