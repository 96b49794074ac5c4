"""MLflow's pages as people find them, without setting anything up."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

import kdorch

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore:The ``noload`` loader")]

SECONDS = 1000
expect.set_options(timeout=30 * SECONDS)


@pytest.fixture
def results(shown: Any) -> kdorch.Results:
    return kdorch.Results("tiny", shown.home)


def test_run_list(shown: Any, page: Page) -> None:
    page.goto(shown.runs)
    expect(page.get_by_text("23 matching runs")).to_be_visible()  # 12, 2 x 2 x 2, teacher, reference, summary
    header = page.locator("[role=columnheader]")
    for column in ("val/accuracy", "size/params", "test/accuracy", "student.width"):
        expect(header.filter(has_text=column).first).to_be_attached()
    qualities = page.locator("[role=gridcell][col-id*='val/accuracy']")
    expect(qualities.nth(10)).to_be_attached()
    shown_first = [float(text.rstrip("…")) for text in qualities.all_inner_texts()[:10]]
    assert shown_first == sorted(shown_first, reverse=True)


def test_charts(shown: Any, page: Page) -> None:
    page.goto(shown.charts)
    expect(page.get_by_text("The trials").first).to_be_visible()
    expect(page.get_by_text("12 matching runs")).to_be_visible()
    expect(page.locator(".js-plotly-plot .scatterlayer .point").first).to_be_attached()
    expect(page.get_by_text("epoch/val/accuracy", exact=True).first).to_be_visible()


def test_three_runs_compared(shown: Any, page: Page, results: kdorch.Results) -> None:
    runs = list(results.trials["run_id"].head(3))
    wanted = "%2C".join(f"%22{run}%22" for run in runs)
    page.goto(f"{shown.server}/#/compare-runs?runs=[{wanted}]&experiments=[%22{shown.experiment}%22]")
    expect(page.get_by_text("Comparing 3 Runs")).to_be_visible()
    expect(page.get_by_text("student.width").first).to_be_attached()


def test_a_trial(shown: Any, page: Page, results: kdorch.Results) -> None:
    best = results.choose()
    page.goto(shown.at(best["run_id"]))
    expect(page.get_by_text("student.width").first).to_be_visible()
    expect(page.get_by_text("val/agreement").first).to_be_attached()
    expect(page.get_by_text(f"tiny-trial-{best['trial']}").first).to_be_attached()


def test_curves(shown: Any, page: Page, results: kdorch.Results) -> None:
    page.goto(shown.at(results.choose()["run_id"], "/model-metrics"))
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    expect(page.get_by_text("epoch/val").first).to_be_visible()


def test_summary_picture(shown: Any, page: Page) -> None:
    page.goto(shown.of("summary", "/artifacts/front.svg"))
    picture = page.locator("img[src*='front.svg'], img[src^='blob:'], [class*=image] img, canvas").first
    expect(picture).to_be_visible()


def test_summary_table(shown: Any, page: Page, results: kdorch.Results) -> None:
    page.goto(shown.of("summary", "/artifacts/front.json"))
    expect(page.get_by_text("val/accuracy").first).to_be_visible()
    expect(page.get_by_text("student.width").first).to_be_attached()


def test_a_model_to_beat(shown: Any, page: Page) -> None:
    page.goto(shown.of("reference"))
    expect(page.get_by_text("naive").first).to_be_visible()
    expect(page.get_by_text("test/accuracy").first).to_be_attached()


def test_what_students_write(shown: Any, page: Page) -> None:
    page.goto(shown.of("summary", "/artifacts/samples.md", study="letters"))
    for who in ("teacher", "with the teacher", "without the teacher"):
        expect(page.get_by_text(who).first).to_be_visible()


def test_registered_model(shown: Any, page: Page) -> None:
    page.goto(f"{shown.server}/#/models/toy/versions/1")
    expect(page.get_by_text("champion").first).to_be_visible()
    expect(page.get_by_role("heading", name="How to use")).to_be_visible()
    expect(page.get_by_text("same student without the teacher").first).to_be_attached()
