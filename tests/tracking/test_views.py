"""The views of a study's page, as MLflow's page reads them."""

from __future__ import annotations

import json
import zlib
from base64 import b64decode
from typing import Any

from kdorch.tracking import Page
from kdorch.tracking.views import link, saved_views

PAGE = Page({"val/mae": "min", "size/params": "min"}, ["test/mae"], ["student.width", "train.lr"])


def states(page: Page) -> dict[str, Any]:
    found = {}
    for tag, value in saved_views(page).items():
        view = json.loads(value)
        kind, _, packed = view["state"].partition(";")
        assert kind == "deflate"
        found[tag.removeprefix("mlflow.sharedViewState.")] = json.loads(zlib.decompress(b64decode(packed)))
    return found


def test_links_name_the_views() -> None:
    for charts, key in ((False, "kdorch-runs"), (True, "kdorch-charts")):
        assert f"viewStateShareKey={key}" in link(charts=charts)
        assert key in states(PAGE)


def test_the_list_has_what_a_study_is_about_best_first() -> None:
    runs = states(PAGE)["kdorch-runs"]
    assert runs["selectedColumns"] == [
        "tags.`kdorch.kind`",
        "metrics.`val/mae`",
        "metrics.`size/params`",
        "metrics.`test/mae`",
        "params.`student.width`",
        "params.`train.lr`",
    ]
    assert (runs["orderByKey"], runs["orderByAsc"]) == ("metrics.`val/mae`", True)


def test_the_charts_are_of_trials_alone() -> None:
    charts = states(PAGE)["kdorch-charts"]
    assert charts["searchFilter"] == "tags.`kdorch.kind` = 'trial'"
    front, settings, curves = charts["compareRunCharts"]
    assert (front["xaxis"]["key"], front["yaxis"]["key"]) == ("size/params", "val/mae")
    assert settings["selectedParams"] == ["student.width", "train.lr"]
    assert curves["metricKey"] == "epoch/val/mae"


def test_one_objective_has_no_front() -> None:
    charts = states(Page({"val/mae": "min"}, [], []))["kdorch-charts"]["compareRunCharts"]
    assert [chart["type"] for chart in charts] == ["PARALLEL", "LINE"]


def test_a_tag_holds_it_however_much_is_searched() -> None:
    many = Page(PAGE.objectives, PAGE.test, [f"student.args.{'x' * 40}{number}" for number in range(200)])
    assert max(map(len, saved_views(many).values())) < 5000


def test_saying_it_again_changes_nothing() -> None:
    assert saved_views(PAGE) == saved_views(PAGE)
