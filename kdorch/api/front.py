"""The front as people read it: beside the teacher, and beside the same students without a teacher."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import pandas as pd

from kdorch.api.results import Results
from kdorch.choosing.intervals import mean_interval
from kdorch.choosing.numbers import finite
from kdorch.kinds import Direction
from kdorch.study.space import space

SIZE = "size/params"
FRESH = "fresh seeds"  # the first objective again, on the seeds of the confirmation


def models_told(results: Results) -> Iterator[str]:
    """Yield a line for the teacher and each reference: how good and how large it is, as far as is known."""
    quality, test = results.quality, results.test_score
    references = {f"reference {label}": metrics for label, metrics in results.references.items()}
    for who, metrics in {"teacher": results.teacher, **references}.items():
        scores = [f"{name} {metrics[name]:.4f}" for name in (quality, test) if name in metrics]
        size = [f"{metrics[SIZE]:,} parameters"] if SIZE in metrics else []
        yield f"{who}: {', '.join(scores + size)}"


def pruning_told(results: Results) -> Iterator[str]:
    """Yield a line on the trials that were given up, if there are any, and the epochs that it saved."""
    pruned, complete = results.pruned, results.trials
    if not len(pruned):
        return
    saved = (pruned["epochs"] - pruned["epoch"]).sum()
    whole = complete.get("train.epochs", pd.Series(results.study.train.epochs, index=complete.index))
    trials, epochs = len(pruned) + len(complete), pruned["epochs"].sum() + whole.sum()
    yield f"pruned: {len(pruned)} of {trials} trials, which saved {saved:,} of {epochs:,} epochs"


def twins_told(results: Results) -> Iterator[str]:
    """Yield a line on the search without the teacher, if there was one, and on whom it gave for whom."""
    if not results.study.confirm.searched or not len(results.scratch):
        return
    found, table = f"{len(results.scratch)} trials without the teacher", results.confirmed
    if "twin" not in table:
        yield f"scratch: {found}"
        return
    twins = table[table["role"] == "baseline"].drop_duplicates("candidate")
    told = (
        f"{twin} for trial {trial}" + (" at its own size, as none was so small" if resized else "")
        for trial, twin, resized in twins[["candidate", "twin", "resized"]].itertuples(index=False)
    )
    yield f"scratch: of {found} the best that is no larger, by validation: {', '.join(told)}"


def front_rows(results: Results) -> list[dict[str, Any]]:
    """Return the front, small to large, each beside the teacher and its twin without the teacher.

    ``retention`` is the student's share of the teacher's score (validation), ``of teacher`` of its size; of a
    score of which less is better, retention is the teacher's share of the student's, so that more is
    always better. ``fresh seeds`` is the first objective again, as a mean over the seeds of the
    confirmation, ``±`` half of its 95 % interval (Student's t). The test score is the mean over the same
    seeds on the test rows, ``±`` half of the verdict's interval, which is over the rows, too; ``test
    retention`` its retention. ``scratch`` is the student without the teacher that the verdict compares it
    with. What is not known is None.
    """
    return [_row(results, found) for found in results.front.to_dict("records")]


def _row(results: Results, found: Mapping[Hashable, Any]) -> dict[str, Any]:
    known: dict[str, Any] = {str(key): None if pd.isna(value) else value for key, value in found.items()}
    quality, test, teacher = results.quality, results.test_score, results.teacher
    row = {"trial": known["trial"]} | {metric: known[metric] for metric in (*results.study.objectives, SIZE)}
    best = results.study.objectives[quality]
    row["retention"] = _retention(known[quality], teacher[quality], best)
    row["of teacher"] = _share(known[SIZE], teacher.get(SIZE))
    seeds, verdict = results.confirmed_of(known["trial"]), results.verdicts.get(known["trial"])
    intervals = {
        FRESH: mean_interval(list(seeds[quality])) if len(seeds) else None,
        test: verdict and verdict.student,
        "scratch": verdict and verdict.twin,
    }
    for column, interval in intervals.items():
        row[column] = finite(interval.mean) if interval else None
        # One seed says nothing about the spread: its interval is infinite.
        row[f"{column} ±"] = finite(interval.high - interval.mean) if interval else None
    row["test retention"] = _retention(row[test], teacher.get(test), best)
    return row | {path: known.get(path) for path in searched_paths(results)}


def _retention(student: float | None, teacher: float | None, best: Direction) -> float | None:
    return _share(student, teacher) if best == "max" else _share(teacher, student)


def _share(part: float | None, whole: float | None) -> float | None:
    """Return part / whole, or None where that says nothing: shares of negative numbers do not."""
    return part / whole if part is not None and whole and part >= 0 and whole > 0 else None


def searched_paths(results: Results) -> list[str]:
    """Return the dotted paths that the study searches."""
    return [dimension.path for dimension in space(results.study)]


def short_names(paths: list[str]) -> list[str]:
    """Return the shortest end of each dotted path that tells it from the others; of a schedule, two keys."""
    keys = {path: re.split(r"(?<!\.weight)\.", path) for path in paths}
    ends = {
        path: [".".join(keys[path][-count:]) for count in range(1, len(keys[path]) + 1)] for path in paths
    }
    every = [end for choices in ends.values() for end in choices]
    return [next(end for end in ends[path] if every.count(end) == 1) for path in paths]
