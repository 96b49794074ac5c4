"""Results and settings in the form that is stored: finite numbers with a step, texts of limited length."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kdorch.tracking.protocol import Curves, Kind, Outcome

STATUS: dict[Outcome, str] = {"complete": "FINISHED", "pruned": "KILLED", "failed": "FAILED"}
"""The status of a run that ended, in MLflow's words."""

CURVES = "epoch/"
NONFINITE_TAG = "kdorch.nonfinite"


@dataclass(frozen=True)
class Point:
    """One number of a metric; step 0 for a final, the epoch from 1 for a curve."""

    name: str
    value: float
    step: int


def _points(curves: Curves, finals: Mapping[str, float]) -> Iterator[Point]:
    for name, curve in curves.items():
        for epoch, value in enumerate(curve, start=1):
            if value is not None:
                yield Point(CURVES + name, float(value), epoch)
    for name, value in finals.items():
        yield Point(name, float(value), 0)


def finite_points(curves: Curves, finals: Mapping[str, float]) -> tuple[list[Point], dict[str, str]]:
    """Return what can be drawn, and the tag that names the metrics which lost a number.

    A database stores infinity as 1.8e308, and one such point flattens the whole chart.
    """
    points = list(_points(curves, finals))
    lost = dict.fromkeys(point.name for point in points if not math.isfinite(point.value))
    tags = {NONFINITE_TAG: ", ".join(lost)} if lost else {}
    return [point for point in points if math.isfinite(point.value)], tags


def text(value: object, limit: int) -> str:
    """Return ``value`` as a study file would write it, cut visibly at ``limit`` characters."""
    is_json = value is None or isinstance(value, bool | dict | list | tuple)
    written = json.dumps(value, default=str) if is_json else str(value)
    if len(written) <= limit:
        return written
    mark = f"… ({len(written)} characters)"
    return written[: limit - len(mark)] + mark


def texts(values: Mapping[str, Any], limit: int) -> dict[str, str]:
    """Return the text of each value."""
    return {name: text(value, limit) for name, value in values.items()}


def table_json(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return ``rows`` as pandas' ``orient="split"`` would, which MLflow's page and ``load_table`` read."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    data = [[_cell(row.get(column)) for column in columns] for row in rows]
    return json.dumps({"columns": columns, "data": data}, default=str, allow_nan=False)


def _cell(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def run_tags(study: str, identity: str, kind: Kind, trial: int | None) -> dict[str, str]:
    """Return the tags that every run has."""
    own = {"kdorch.study": study, "kdorch.identity": identity, "kdorch.kind": kind}
    return own if trial is None else own | {"kdorch.trial": str(trial)}
