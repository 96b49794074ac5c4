"""Why a student of a study was chosen, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kdorch.choosing.explaining import explain, optimism, the_knee
from kdorch.choosing.intervals import Interval, mean_interval
from kdorch.choosing.numbers import percent, readable

if TYPE_CHECKING:
    import pandas as pd

    from kdorch.api.results import Results


def explanation(
    results: Results,
    chosen: pd.Series[Any],
    *,
    trial: int | None,
    within_share: float | None,
    maxima: Mapping[str, float] | None,
) -> str:
    """Say why the student was chosen by this rule, and how its searched value compares with fresh seeds.

    Args:
        results: Of its study.
        chosen: Its row of the trials.
        trial: As in ``Results.choose``, like the others.
        within_share: The same.
        maxima: The same.
    """
    among, objectives = results.eligible, results.study.objectives
    whom = "the confirmed" if len(results.confirmed_of(int(among.iloc[0]["trial"]))) else "the front"
    if trial is not None:
        why = "chosen by its number"
    elif within_share is not None:
        why = f"the smallest of {whom} within {percent(within_share)} of the teacher"
    elif maxima is not None:
        bounds = " and ".join(f"{metric} at most {readable(most)}" for metric, most in maxima.items())
        why = f"the best of {whom} with {bounds}"
    else:
        why = the_knee(among, objectives, whom)
    told = explain(among, chosen, objectives, results.teacher, why)
    again = on_fresh_seeds(results, int(chosen["trial"]))
    if again is None:
        return told
    quality, best = results.quality, objectives[results.quality]
    lucky = optimism(quality, float(chosen[quality]), again, results.teacher.get(quality), best)
    return f"{told} {lucky}"


def on_fresh_seeds(results: Results, trial: int) -> Interval | None:
    """Return the first objective of a confirmed student over the seeds of its confirmation."""
    seeds = results.confirmed_of(trial)
    return mean_interval(list(seeds[results.quality])) if len(seeds) else None
