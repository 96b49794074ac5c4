"""The verdict on a study that was really run, as it is shown."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kdorch
from kdorch.api.front import front_rows
from kdorch.api.gaps import gaps_told
from kdorch.api.judged import verdict_rows, verdict_told
from kdorch.choosing.crossed import Scored
from kdorch.search.ledger import Ledger

pytestmark = pytest.mark.slow


@pytest.fixture
def results(finished: Any) -> kdorch.Results:
    return kdorch.Results("tiny", finished.home)


@pytest.fixture
def copied(finished: Any, tmp_path: Path) -> Callable[..., kdorch.Results]:
    """Copy the finished study without some of what it has."""

    def copy(*without: str) -> kdorch.Results:
        home = Path(shutil.copytree(finished.home, tmp_path / "home"))
        for name in without:
            shutil.rmtree(home / name) if (home / name).is_dir() else (home / name).unlink()
        return kdorch.Results("tiny", home)

    return copy


def test_each_confirmed_student_has_a_verdict_small_to_large(results: kdorch.Results) -> None:
    on_front = [trial for trial in results.front["trial"] if len(results.confirmed_of(trial))]
    assert list(results.verdicts) == on_front
    for trial, verdict in results.verdicts.items():
        ours, twins = (results.confirmed_of(trial, role)["test/accuracy"] for role in ("confirm", "baseline"))
        assert verdict.student.mean == pytest.approx(ours.mean())
        assert verdict.twin.mean == pytest.approx(twins.mean())
        assert verdict.difference.mean == pytest.approx(ours.mean() - twins.mean())
        assert (verdict.metric, verdict.baseline, verdict.student.n) == ("test/accuracy", "paired", 2)


def test_it_is_over_the_test_rows_that_each_training_was_scored_on(results: kdorch.Results) -> None:
    rows = results.record["data"]["facts"]["rows"]["test"]
    ledger, data = Ledger(results.home.ledger), results.record["data"]["digest"]
    for _, training in results.confirmed.iterrows():
        values = ledger.rows(data, training["weights"])["accuracy"]
        assert set(np.unique(values)) <= {0, 1}
        assert (len(values), values.mean()) == (rows, pytest.approx(training["test/accuracy"]))
    assert {verdict.rows for verdict in results.verdicts.values()} == {rows}


def test_the_front_has_the_intervals_of_the_verdict(results: kdorch.Results) -> None:
    rows = {row["trial"]: row for row in front_rows(results)}
    for trial, verdict in results.verdicts.items():
        half = verdict.student.high - verdict.student.mean
        assert rows[trial]["test/accuracy ±"] == pytest.approx(half)
        assert rows[trial]["scratch ±"] == pytest.approx(verdict.twin.high - verdict.twin.mean)


def test_each_verdict_is_shown_and_when_the_test_was_read(results: kdorch.Results, cli: Any) -> None:
    shown = cli("--home", str(results.home.path), "study", "show", "tiny").stdout.splitlines()
    sentences = [verdict.sentence for verdict in results.verdicts.values()]
    place = shown.index(sentences[0])
    assert shown[place : place + len(sentences)] == sentences
    readings = {entry["weights"]: entry["time"] for entry in Ledger(results.home.ledger).entries()}
    students = set(results.confirmed["weights"])
    day = min(readings[weights] for weights in students)[:10]
    rows = results.record["data"]["facts"]["rows"]["test"]
    told = shown[place + len(sentences)]
    assert f"over seeds and {rows:,} test rows; those of differences hold for all {len(sentences)} " in told
    assert f"read once by each of {len(students)} trained students, on {day}" in told


def test_programs_are_told_the_same(results: kdorch.Results, cli: Any) -> None:
    told = json.loads(cli("--home", str(results.home.path), "study", "show", "tiny", "--json").stdout)
    assert [row["candidate"] for row in told["verdicts"]] == list(results.verdicts)
    for row, verdict in zip(told["verdicts"], results.verdicts.values(), strict=True):
        assert (row["word"], row["sentence"]) == (verdict.word, verdict.sentence)
        assert row["difference low"] == verdict.difference.low
    assert told["test"]["readings"] == len(set(results.confirmed["weights"]))
    assert told["test"]["first"] <= told["test"]["last"]


def test_a_notebook_shows_the_sentences(results: kdorch.Results) -> None:
    page = results._repr_html_()
    assert all(f"<p>{verdict.sentence}</p>" in page for verdict in results.verdicts.values())


def test_what_each_training_scored_is_read_once(
    results: kdorch.Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, asked = Ledger.rows, []

    def rows(ledger: Ledger, data: str, weights: str) -> dict[str, Any]:
        asked.append(weights)
        return read(ledger, data, weights)

    monkeypatch.setattr(Ledger, "rows", rows)
    assert results.verdicts
    list(gaps_told(results))
    assert sorted(asked) == sorted([*results.confirmed["weights"], results.record["teacher"]["digest"]])


def test_a_score_that_is_no_number_is_none_for_programs(results: kdorch.Results) -> None:
    nothing = Scored({1000: math.nan, 1001: 0.5}, {})
    results.tested = dict.fromkeys(results.tested, (nothing, nothing))
    json.dumps([verdict_rows(results), front_rows(results)], allow_nan=False)


def test_of_single_seeds_there_are_no_intervals_to_speak_of(results: kdorch.Results) -> None:
    one = Scored({1000: 0.9}, {})
    results.tested = dict.fromkeys(results.tested, (one, one))
    *_, told = verdict_told(results)
    assert told.startswith("The test was read once by each of ")


def test_an_old_study_is_judged_by_its_seeds_alone_and_says_so(
    copied: Callable[..., kdorch.Results], results: kdorch.Results, cli: Any
) -> None:
    old = copied("ledger")
    for trial, verdict in old.verdicts.items():
        assert verdict.rows is None
        assert "over seeds alone" in verdict.sentence
        assert verdict.difference.mean == pytest.approx(results.verdicts[trial].difference.mean)
    shown = cli("--home", str(old.home.path), "study", "show", "tiny")
    assert shown.returncode == 0, shown.stderr
    assert "Intervals are 95 %, over seeds alone" in shown.stdout


def test_without_its_ledger_nobody_knows_when_the_test_was_read(
    copied: Callable[..., kdorch.Results], cli: Any
) -> None:
    old = copied("ledger.jsonl")
    shown = cli("--home", str(old.home.path), "study", "show", "tiny")
    assert "No ledger says when the test was read." in shown.stdout
