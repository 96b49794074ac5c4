"""How well workers share a machine."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks import ours
from benchmarks.figures import Figure, compared
from benchmarks.measuring import Cost, interleaved
from benchmarks.registry import Bound, Effort, row
from benchmarks.work import Given, given

_TRIALS = {"W1": (12, 4), "W3": (4, 0), "W2": (240, 24)}  # usual, quick
_ONE = "search.threads=1"  # else a worker alone takes both cores where that is quicker: decision 20
# TPE proposes from what is known at that time, so other students to two workers: of W1's dozen one more of
# width 32 is a fifth of the work. W2's proposals are part of what is measured; that two workers, which know
# less, are proposed wider students (19 units on average where one gets 14) counts against them.
_SAME = {"W1": ["search.sampler=random"], "W3": ["search.sampler=random"], "W2": []}
_SEARCHED = re.compile(r"search: (\d+) trainings in ([\d.]+) s")


@row(
    10,
    "workers",
    "Trials per minute of wall in the search, with 2 workers / with 1, a thread each, as the run itself says",
    Bound("W1", 1.6, 1.9, more=True),
    Bound("W3", 1.6, 1.9, more=True),
    Bound("W2", 1.4, 1.6, more=True),
)
def workers(effort: Effort) -> Sequence[Figure]:
    """Compare two workers with one."""
    figures = []
    for name, (usual, quick) in _TRIALS.items():
        trials = effort.pick(usual, quick)
        if not trials:
            continue
        start = given(name.lower(), quick=effort.quick)
        sides = {f"{count} worker(s)": _search(start, trials, count, _SAME[name]) for count in (1, 2)}
        found = interleaved(sides, effort.rounds)
        figures.append(compared(name, found, "1 worker(s)", "2 worker(s)", "wall"))
    return figures


def _search(start: Given, trials: int, count: int, overrides: Sequence[str]) -> Callable[[int], Cost]:
    def side(_: int) -> Cost:
        answer: dict[str, Any] = ours.study(start, trials, _ONE, *overrides, workers=count)
        [done] = [match for match in map(_SEARCHED.fullmatch, answer["lines"]) if match]
        return Cost(answer["cpu"], float(done[2]) / int(done[1]))

    return side
