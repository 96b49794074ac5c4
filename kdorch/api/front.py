"""The front as people read it: beside the teacher, and beside the same students without a teacher."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kdorch.api.results import Results
from kdorch.study.space import space

SIZE = "size/params"


def front_rows(results: Results) -> list[dict[str, Any]]:
    """Return the front, small to large, each beside the teacher and its twin without the teacher.

    ``retention`` is the share of the teacher's validation quality, ``of teacher`` that of its size. The test
    score is the mean over the seeds of the confirmation; ``scratch`` is that of the same student, on the same
    seeds, without the teacher. What is not known is None.
    """
    quality, teacher = results.quality, results.teacher
    metrics = dict.fromkeys([*results.study.objectives, SIZE])
    test = results.test_score
    rows = []
    for found in results.front.to_dict("records"):
        row = {str(key): None if pd.isna(value) else value for key, value in found.items()}
        shown = {"trial": row["trial"]} | {metric: row[metric] for metric in metrics}
        shown["retention"] = row[quality] / teacher[quality]
        shown["of teacher"] = row[SIZE] / teacher[SIZE]
        for role, column in (("confirm", test), ("baseline", "scratch")):
            seeds = results.confirmed_of(row["trial"], role)
            shown[column] = float(seeds[test].mean()) if len(seeds) else None
        rows.append(shown | {path: row.get(path) for path in searched_paths(results)})
    return rows


def searched_paths(results: Results) -> list[str]:
    """Return the dotted paths that the study searches."""
    return [dimension.path for dimension in space(results.study)]
