"""Pages of which something is missing, by an accident or on purpose, and the brief page."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from webpage import read, sections

import kdorch
from kdorch.api.gaps import gaps, gaps_told
from kdorch.api.report import brief, report, worthwhile
from kdorch.api.report.whole import brief_page
from kdorch.reporting.page.render import render

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def results(finished: Any) -> kdorch.Results:
    return kdorch.Results("tiny", finished.home)


@pytest.fixture
def copied(finished: Any, tmp_path: Path) -> Callable[..., kdorch.Results]:
    """Copy the finished study, to take something away from it, or change its record."""

    def make(**changes: Any) -> kdorch.Results:
        home = Path(shutil.copytree(finished.home, tmp_path / "home"))
        results = kdorch.Results("tiny", home)
        results.folder.write(results.record | changes)
        return kdorch.Results("tiny", home)

    return make


def test_the_test_rows_are_not_read(copied: Callable[..., kdorch.Results], tmp_path: Path) -> None:
    results = copied()
    for folder in results.home.store.glob("*/*/test"):
        shutil.rmtree(folder)
    before = results.home.ledger.read_bytes()
    # MLflow knows weights by absolute paths, so they are still those of the study that this is a copy of.
    assert report(results, tmp_path / "page.html") == []
    assert results.home.ledger.read_bytes() == before
    assert "differing" in sections(read((tmp_path / "page.html").read_text()))


def test_what_is_gone_is_left_out_with_the_reason(
    copied: Callable[..., kdorch.Results], tmp_path: Path
) -> None:
    results = copied()
    (results.home.path / "mlflow.db").unlink()
    curves, answers = report(results, tmp_path / "page.html")
    assert curves.startswith("Learning curves are not shown: ")
    assert "mlflow.db is gone" in curves
    assert "mlflow.db is gone" in answers
    page = read((tmp_path / "page.html").read_text())
    assert sections(page) == ["front", "verdict", "likeness", "parameters", "cost", "again"]
    assert curves in page.all("footer")[0].text


def test_without_a_front_it_says_so(
    copied: Callable[..., kdorch.Results], tmp_path: Path, results: kdorch.Results
) -> None:
    nothing = copied(study=results.record["study"] | {"limits": {"size/params": 1.0}})
    assert report(nothing, tmp_path / "page.html") == []
    page = read((tmp_path / "page.html").read_text())
    assert page.all("p")[1].text == "No trial keeps the limits yet."
    assert sections(page) == ["parameters", "cost", "again"]


def test_a_study_that_has_not_begun_has_a_page(copied: Callable[..., kdorch.Results], tmp_path: Path) -> None:
    results = copied()
    record = {key: results.record[key] for key in ("study", "identity", "words")}
    results.folder.write(record)
    results.folder.journal.unlink()
    assert report(kdorch.Results("tiny", results.home.path), tmp_path / "page.html") == []
    assert sections(read((tmp_path / "page.html").read_text())) == ["again"]


def test_unconfirmed_students_are_told_from_others(
    copied: Callable[..., kdorch.Results], tmp_path: Path
) -> None:
    results = copied()
    lines = results.folder.journal.read_text().splitlines(keepends=True)
    results.folder.journal.write_text(
        "".join(line for line in lines if json.loads(line).get("study_id") != 1)
    )
    results.__dict__.clear()
    fresh = kdorch.Results("tiny", tmp_path / "home")
    if len(fresh.confirmed):
        pytest.fail("the journal still has confirmations")
    report(fresh, tmp_path / "page.html")
    page = read((tmp_path / "page.html").read_text())
    assert "verdict" not in sections(page)
    assert page.all("p")[1].text.endswith("It was not confirmed on fresh seeds.")
    assert all("--unconfirmed" in card.all("code")[0].raw for card in page.all("article"))


@pytest.fixture
def far(copied: Callable[..., kdorch.Results], results: kdorch.Results) -> kdorch.Results:
    """The same study, with a teacher far from what a student has, whatever it is."""
    teacher = results.record["teacher"]
    facts = teacher["facts"] | {"test": {"accuracy": 15.0}}
    return copied(teacher=teacher | {"facts": facts, "digest": "of another"})


def test_how_much_of_a_gap_is_closed_is_told_where_there_is_one(far: kdorch.Results) -> None:
    told = list(gaps_told(far))
    assert told
    verdict = read(render(brief_page(far))).all("section", id="verdict")[0]
    assert [words.text for words in verdict.all("p") if "of the gap" in words.text] == told


def test_the_shares_of_the_gap_hold_together(far: kdorch.Results) -> None:
    tested, found = far.tested, gaps(far)
    assert len(found) > 1
    for trial, share in found.items():
        vars(far)["tested"] = {trial: tested[trial]}
        alone = gaps(far)[trial]
        assert share.mean == alone.mean
        assert share.low < alone.low < alone.high < share.high


def test_the_brief_page_is_of_the_record_alone(results: kdorch.Results) -> None:
    page = read(render(brief_page(results)))
    assert sections(page) == ["front", "verdict", "likeness", "cost", "again"]
    assert "study report tiny" in page.all("footer")[0].text


def test_the_brief_page_costs_nothing_where_a_study_takes_long(
    results: kdorch.Results, monkeypatch: Any
) -> None:
    assert not worthwhile(results)
    monkeypatch.setattr("kdorch.api.report._LONG", 0.01)
    assert worthwhile(results)


def test_a_path_that_is_no_utf_8_ends_nothing(copied: Callable[..., kdorch.Results], tmp_path: Path) -> None:
    home = copied().home.path.rename(tmp_path / os.fsdecode(b"h\xff"))
    brief(kdorch.Results("tiny", home), tmp_path / "page.html")
    assert r"h\udcff" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_where_it_cannot_be_written_is_said(results: kdorch.Results, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(kdorch.errors.StoreError, match="Choose another with --output"):
        report(results, tmp_path / "taken" / "page.html")
