"""What a shipped student is for, and how far its confidences can be trusted, as its card says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kdorch.api.results import Results
from kdorch.choosing.intervals import mean_interval
from kdorch.choosing.numbers import readable

if TYPE_CHECKING:
    import pandas as pd

_MEANINGS = {
    "ece": "The expected calibration error (ece) is by how much a confidence and the share of right answers "
    "are apart on average: 0.02 is two points. "
}


def intended(results: Results, data: str) -> tuple[str, ...]:
    """Return what a student of this study is for, and what it is not for without further tests.

    Args:
        results: Of its study.
        data: The dataset, in words.
    """
    study = results.study
    wanted = " and ".join(
        f"{'more' if direction == 'max' else 'less'} {metric}"
        for metric, direction in study.objectives.items()
    )
    bounds = ", ".join(
        f"{metric} at {'least' if study.objectives.get(metric) == 'max' else 'most'} {readable(bound)}"
        for metric, bound in study.limits.items()
    )
    asked = f"{wanted}{f', within {bounds}' if bounds else ''}"
    alike = f"For rows of the same kind and from the same source as those of {data}"
    return (
        f"{alike}, where what its study asked for matters: {asked}.",
        "Not for others, nor where a wrong answer does harm, before it was tested on such rows.",
    )


def calibration(results: Results, number: int, row: pd.Series[Any], measures: tuple[str, ...]) -> str:
    """Return how honest the confidences of a student are; empty where its task does not measure that.

    Args:
        results: Of its study.
        number: Its trial.
        row: The training that is shipped.
        measures: Of calibration, by their names in the task.
    """
    seeds = results.confirmed_of(number)
    told = [_of(f"val/{name}", row, seeds) for name in measures if f"val/{name}" in row]
    if not told:
        return ""
    meaning = "".join(_MEANINGS.get(name, "") for name in measures)
    return (
        f"{'; '.join(told)}. {meaning}Nothing was adjusted afterwards: choose thresholds on rows of your own."
    )


def _of(metric: str, row: pd.Series[Any], seeds: pd.DataFrame) -> str:
    told = f"{metric} {row[metric]:.4f}"
    if len(seeds) < 2 or metric not in seeds:  # noqa: PLR2004  one seed has no spread
        return told
    again = mean_interval(list(seeds[metric]))
    return f"{told}, over {again.n} fresh seeds {again.mean:.4f} ± {again.high - again.mean:.4f}"
