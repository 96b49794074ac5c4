"""What a study has found, and how one of its students is chosen; read from one small study."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest
from matplotlib.figure import Figure

import kdorch
from kdorch.api.front import front_rows
from kdorch.search.prepare import cores

pytestmark = pytest.mark.slow


@pytest.fixture
def results(finished: Any) -> kdorch.Results:
    return kdorch.Results("tiny", finished.home)


def test_trials_are_a_table_of_parameters_and_metrics(results: kdorch.Results) -> None:
    trials = results.trials
    assert isinstance(trials, pd.DataFrame)
    assert list(trials["trial"]) == list(range(6))
    assert {"student.width", "losses.kd.temperature", "train.lr"} <= set(trials.columns)
    assert {"val/accuracy", "size/params", "val/agreement", "cost/flops", "run_id"} <= set(trials.columns)
    assert not any(column.startswith("test/") for column in trials.columns)
    assert trials["student.width"].between(4, 24).all()


def test_the_front_is_what_no_trial_beats(results: kdorch.Results) -> None:
    trials, front = results.trials, results.front
    assert set(front["trial"]) <= set(trials["trial"])
    assert front["size/params"].is_monotonic_increasing
    assert front["val/accuracy"].is_monotonic_increasing
    for _, row in trials.iterrows():
        better = (front["val/accuracy"] >= row["val/accuracy"]) & (front["size/params"] <= row["size/params"])
        assert better.any()


def test_the_best_of_the_front_are_confirmed_on_fresh_seeds_with_twins(results: kdorch.Results) -> None:
    best = results.front.sort_values("val/accuracy", ascending=False)["trial"].head(2)
    for trial in best:
        for role in ("confirm", "baseline"):
            assert list(results.confirmed_of(trial, role)["seed"]) == [1000, 1001]
    assert set(results.confirmed["candidate"]) == set(best)
    twins = results.confirmed[results.confirmed["role"] == "baseline"]
    assert twins["val/loss/task"].notna().all()
    assert "val/loss/kd" not in twins.dropna(axis=1).columns


def test_the_rules_choose_among_the_confirmed(results: kdorch.Results) -> None:
    confirmed = set(results.confirmed["candidate"])
    assert set(results.eligible["trial"]) == confirmed
    assert results.choose()["trial"] in confirmed
    assert results.choose(within_share=0.9)["trial"] == results.eligible.iloc[0]["trial"]
    assert results.choose(maxima={"size/params": 1e6})["trial"] == results.eligible.iloc[-1]["trial"]
    unconfirmed = next(trial for trial in results.trials["trial"] if trial not in confirmed)
    assert results.choose(trial=unconfirmed)["trial"] == unconfirmed
    with pytest.raises(kdorch.ChoiceError, match="the nearest is trial"):
        results.choose(maxima={"size/params": 10})
    with pytest.raises(kdorch.ChoiceError, match="the nearest number is 5"):
        results.choose(trial=77)


@pytest.mark.parametrize(
    "rules",
    [
        {"trial": 0, "within_share": 0.0},
        {"trial": 0, "maxima": {"size/params": 1e6}},
        {"within_share": 0.9, "maxima": {}},
    ],
)
def test_one_rule_is_enough(rules: dict[str, Any], results: kdorch.Results) -> None:
    with pytest.raises(kdorch.ChoiceError, match=r"different rules, use one"):
        results.choose(**rules)


def test_the_front_stands_beside_teacher_and_twins(results: kdorch.Results) -> None:
    teacher = results.teacher
    assert teacher["size/params"] == 64 * 48 + 48 + 48 * 10 + 10
    rows = {row["trial"]: row for row in front_rows(results)}
    for _, trial in results.front.iterrows():
        row = rows[trial["trial"]]
        assert row["retention"] == pytest.approx(trial["val/accuracy"] / teacher["val/accuracy"])
        assert row["of teacher"] == pytest.approx(trial["size/params"] / teacher["size/params"])
        seeds = results.confirmed_of(trial["trial"])
        twins = results.confirmed_of(trial["trial"], "baseline")
        if not len(seeds):
            assert row["test/accuracy"] is None
            continue
        assert row["test/accuracy"] == pytest.approx(seeds["test/accuracy"].mean())
        assert row["scratch"] == pytest.approx(twins["test/accuracy"].mean())
        assert row["test retention"] == pytest.approx(row["test/accuracy"] / teacher["test/accuracy"])


def test_an_unknown_study_is_a_choice_error(finished: Any) -> None:
    with pytest.raises(kdorch.ChoiceError, match="Did you mean 'tiny'"):
        kdorch.Results("tinny", finished.home)


def test_the_picture_is_a_figure_of_all_that_is_known(results: kdorch.Results, tmp_path: Path) -> None:
    figure = results.plot()
    assert isinstance(figure, Figure)
    (axes,) = figure.axes
    assert axes.get_title(loc="left") == "tiny"
    assert len(axes.collections[0].get_offsets()) == len(results.trials)
    labels = axes.get_legend_handles_labels()[1]
    assert any("without" in label for label in labels), labels
    figure.savefig(tmp_path / "front.svg")
    assert (tmp_path / "front.svg").stat().st_size > 0


def test_a_notebook_shows_the_front_beside_the_students_without_a_teacher(results: kdorch.Results) -> None:
    page = ElementTree.fromstring(f"<div>{results._repr_html_()}</div>")
    assert page.findtext("p") == f"tiny: 6 trials, {len(results.front)} on the front"
    names = [cell.text for cell in page.iter("th")]
    assert {"trial", "val/accuracy", "size/params", "scratch", "test retention"} <= set(names)
    rows = [[cell.text for cell in row.iter("td")] for row in page.iter("tr")][1:]
    assert [int(row[0]) for row in rows] == list(results.front["trial"])
    assert repr(results) == f"Results('tiny', home='{results.home.path}')"


def test_a_notebook_shows_a_study_without_trials(finished: Any, tmp_path: Path) -> None:
    shutil.copytree(finished.home / "studies", tmp_path / "studies")
    (tmp_path / "studies" / "tiny" / "optuna.journal").unlink()
    results = kdorch.Results("tiny", tmp_path)
    assert results._repr_html_() == "<p>tiny: 0 trials, 0 on the front</p>"
    with pytest.raises(kdorch.ChoiceError, match="no complete trial keeps the limits"):
        results.plot()


def test_models_that_are_made_ready_alone_get_all_cores(finished: Any) -> None:
    facts = [
        json.loads(file.read_text())["facts"] for file in finished.home.glob("store/teacher/*/manifest.json")
    ]
    [naive] = [each for each in facts if each.get("epochs_trained") == 0]
    assert naive["threads"] == cores()


def test_a_choice_is_explained_by_its_rule_and_by_fresh_seeds(results: kdorch.Results) -> None:
    chosen = results.choose()
    seeds = results.confirmed_of(int(chosen["trial"]))["val/accuracy"]
    told = results.explain()
    assert told.startswith(
        f"Trial {int(chosen['trial'])}, the best of the confirmed, who have no knee: val/accuracy"
    )
    lucky = round(100 * (chosen["val/accuracy"] - seeds.mean()), 1)
    assert f"The search's own val/accuracy was {abs(lucky)} points" in told
    assert "the smallest of the confirmed within 90.0% of the teacher" in results.explain(within_share=0.9)
    assert "the best of the confirmed with size/params at most 1,000,000" in results.explain(
        maxima={"size/params": 1e6}
    )
    other = next(int(trial) for trial in results.trials["trial"] if not len(results.confirmed_of(trial)))
    told = results.explain(trial=other)
    assert told.startswith(f"Trial {other}, chosen by its number: val/accuracy")
    assert "fresh" not in told


def test_searched_and_confirmed_values_stand_side_by_side(results: kdorch.Results, cli: Any) -> None:
    shown = cli("--home", str(results.home.path), "study", "show", "tiny").stdout
    rows = [row for row in front_rows(results) if row["fresh seeds"] is not None]
    assert {row["trial"] for row in rows} == set(results.eligible["trial"])
    lines = [line.split() for line in shown.splitlines()]
    for row in rows:
        seeds = results.confirmed_of(row["trial"])["val/accuracy"]
        assert row["fresh seeds"] == pytest.approx(seeds.mean())
        change = row["fresh seeds"] - row["val/accuracy"]
        both = [str(row["trial"]), f"{row['val/accuracy']:.4f}", f"{row['fresh seeds']:.4f}", "±"]
        assert next(line for line in lines if line[:4] == both)[-1] == f"{change:+.4f}"
    assert results.explain() in shown.splitlines()
