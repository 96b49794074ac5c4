"""Saved views of MLflow's run list: useful columns and charts, without anybody's setting them up.

MLflow keeps a view in a tag of the experiment, as JSON that its page compresses, in a form of its own.
A page that no longer understands it shows the run list as it would without.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from kdorch.kinds import Direction
from kdorch.tracking.protocol import Page

_TAG = "mlflow.sharedViewState."
_RUNS, _CHARTS = "kdorch-runs", "kdorch-charts"
_COLUMNS = 12  # of parameters; a tag holds 5,000 characters


def saved_views(page: Page) -> dict[str, str]:
    """Return the tags of an experiment that hold its views: the runs as a table, and the trials as charts."""
    return {_TAG + _RUNS: _saved("Runs", _runs(page)), _TAG + _CHARTS: _saved("Trials", _charts(page))}


def link(*, charts: bool) -> str:
    """Return the end of a link that shows one of the views."""
    return f"&viewStateShareKey={_CHARTS}&compareRunsMode=CHART" if charts else f"&viewStateShareKey={_RUNS}"


def _saved(name: str, state: Mapping[str, Any]) -> str:
    packed = zlib.compress(json.dumps(state).encode(), 9)
    # A fixed date, so that saying the same again changes nothing.
    return json.dumps(
        {"name": name, "createdAt": 0, "updatedAt": 0, "state": "deflate;" + b64encode(packed).decode()}
    )


def _runs(page: Page) -> dict[str, Any]:
    quality, direction = next(iter(page.objectives.items()))
    metrics = [f"metrics.`{metric}`" for metric in (*page.objectives, *page.test)]
    params = [f"params.`{path}`" for path in page.params[:_COLUMNS]]
    return _state(quality, direction) | {
        "selectedColumns": ["tags.`kdorch.kind`", *metrics, *params],
        "runsHiddenMode": "FIRST_10_RUNS",
    }


def _charts(page: Page) -> dict[str, Any]:
    quality, *others = page.objectives
    section = {"uuid": "kdorch", "name": "The trials", "display": True, "isReordered": True, "deleted": False}
    section |= {"isGenerated": False, "columns": 2}
    metrics = [quality, *others]
    curve = {
        "metricKey": f"epoch/{quality}",
        "lineSmoothness": 0,
        "xAxisScaleType": "linear",
        "scaleType": "linear",
        "range": {},
        "xAxisKey": "step",
        "selectedXAxisMetricKey": "",
        "yAxisKey": "metric",
        "yAxisExpressions": [],
        "ignoreOutliers": False,
        "useGlobalXaxisKey": True,
        "useGlobalLineSmoothing": True,
    }
    charts = [
        _chart("PARALLEL", "settings", selectedParams=list(page.params[:_COLUMNS]), selectedMetrics=metrics),
        _chart("LINE", "curves", **curve),
    ]
    if others:
        axes = {"xaxis": {"key": others[0], "type": "METRIC"}, "yaxis": {"key": quality, "type": "METRIC"}}
        charts.insert(0, _chart("SCATTER", "front", **axes))
    return _state(quality, page.objectives[quality]) | {
        "searchFilter": "tags.`kdorch.kind` = 'trial'",
        "compareRunCharts": charts,
        "compareRunSections": [section],
        "runsHiddenMode": "SHOWALL",
        "isAccordionReordered": True,
    }


def _chart(kind: str, name: str, **settings: Any) -> dict[str, Any]:
    own = {"uuid": f"kdorch-{name}", "type": kind, "runsCountToCompare": 100, "metricSectionId": "kdorch"}
    return own | {"deleted": False, "isGenerated": False} | settings


def _state(quality: str, direction: Direction) -> dict[str, Any]:
    return {
        "searchFilter": "",
        "orderByKey": f"metrics.`{quality}`",
        "orderByAsc": direction == "min",
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "datasetsFilter": [],
        "modelVersionFilter": "All Runs",
        "columnOrder": [],
        "columnWidths": {},
        "viewMaximized": False,
        "runListHidden": False,
        "isAccordionReordered": False,
        "useGroupedValuesInCharts": True,
        "hideEmptyCharts": True,
        "groupBy": None,
        "groupsExpanded": {},
        "globalLineChartConfig": {"xAxisKey": "step", "lineSmoothness": 0, "selectedXAxisMetricKey": ""},
    }
