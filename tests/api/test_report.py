from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from webpage import Element, read

import kdorch
from kdorch.api.report import report, worthwhile
from kdorch.api.report.whole import brief_page
from kdorch.reporting.page.render import render

pytestmark = pytest.mark.slow

NEVER = ("http://", "https://", "//cdn", "@import", "url(http")


@pytest.fixture(scope="module")
def written(finished: Any, tmp_path_factory: Any) -> tuple[Path, list[str]]:
    file = tmp_path_factory.mktemp("report") / "deep" / "tiny.html"
    return file, report(kdorch.Results("tiny", finished.home), file)


@pytest.fixture(scope="module")
def page(written: tuple[Path, list[str]]) -> Element:
    return read(written[0].read_text(encoding="utf-8"))


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


def sections(page: Element) -> list[str]:
    return [section.attributes["id"] for section in page.all("section")]


def test_the_page_is_one_small_file_that_names_no_other(
    written: tuple[Path, list[str]], page: Element
) -> None:
    file, missing = written
    assert missing == []
    html = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    html = html.replace("http://www.w3.org/1999/xlink", "")
    assert not [word for word in NEVER if word in html]
    assert file.stat().st_size < 500_000
    assert list(file.parent.iterdir()) == [file]


def test_the_page_says_all_that_is_known(page: Element) -> None:
    assert sections(page) == [
        "front",
        "verdict",
        "learning",
        "likeness",
        "differing",
        "parameters",
        "cost",
        "again",
    ]


def test_it_begins_with_the_verdict_and_the_reasons_for_the_choice(
    page: Element, results: kdorch.Results
) -> None:
    chosen = results.verdicts[int(results.choose()["trial"])]
    first, second, *_ = (each.text for each in page.all("header")[0].all("p")[1:])
    assert first == " ".join(chosen.sentence.split())
    assert second == results.explain()


def test_headings_come_in_order_and_every_picture_is_told(page: Element) -> None:
    levels = [int(each.tag[1]) for each in page.all() if each.tag in {"h1", "h2", "h3"}]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.all("html")[0].attributes["lang"] == "en"
    for picture in page.all("svg"):
        assert len(picture.attributes["aria-label"]) > 20
    assert all(image.attributes["alt"] for image in page.all("img"))


def test_no_name_is_given_twice_and_every_link_leads_somewhere(page: Element) -> None:
    names = [each.attributes["id"] for each in page.all() if "id" in each.attributes]
    assert len(set(names)) == len(names)
    links = [each.attributes["href"] for each in page.all("a")]
    assert {link.removeprefix("#") for link in links} <= set(names)


def test_the_table_of_the_front_is_the_front(page: Element, results: kdorch.Results) -> None:
    head, *rows = page.table("The front, small to large")
    assert [int(row[0]) for row in rows] == list(results.front["trial"])
    for name, metric in (("val/accuracy", "val/accuracy"), ("width", "student.width")):
        shown = [float(row[head.index(name)]) for row in rows]
        np.testing.assert_allclose(shown, results.front[metric].astype(float), atol=5e-5)
    shares = [float(row[head.index("of teacher")].rstrip("%")) / 100 for row in rows]
    wanted = results.front["size/params"] / results.teacher["size/params"]
    np.testing.assert_allclose(shares, wanted, rtol=0.05)


def test_each_point_of_the_front_has_a_card_with_its_command(page: Element, results: kdorch.Results) -> None:
    points = page.all("svg")[0].all("a")
    assert [point.attributes["href"] for point in points] == [
        f"#trial-{each}" for each in results.front["trial"]
    ]
    for point, (_, row) in zip(points, results.front.iterrows(), strict=True):
        assert (
            f"Trial {row['trial']}: val/accuracy {row['val/accuracy']:.4f}" in point.attributes["aria-label"]
        )
        (card,) = page.all("article", id=point.attributes["href"][1:])
        command = card.all("code")[0].raw
        assert f"promote tiny --model tiny-student --trial {row['trial']} --alias champion" in command
        assert command.endswith("--unconfirmed") == (len(results.confirmed_of(int(row["trial"]))) == 0)
        assert f"{row['student.width']}" in card.text


def test_the_table_of_tests_is_what_was_confirmed(page: Element, results: kdorch.Results) -> None:
    _, *rows = page.table("Test scores")
    told = {row[0]: row for row in rows}
    for trial, verdict in results.verdicts.items():
        assert verdict.twin is not None
        row = told[f"trial {trial}"]
        assert float(row[1].partition(" ")[0]) == pytest.approx(verdict.student.mean, abs=5e-5)
        assert float(row[2].partition(" ")[0]) == pytest.approx(verdict.twin.mean, abs=5e-5)
        assert row[4] == verdict.word
    assert float(told["teacher"][1]) == pytest.approx(results.teacher["test/accuracy"], abs=5e-5)
    assert float(told["naive"][1]) == pytest.approx(results.references["naive"]["test/accuracy"], abs=5e-5)


def test_curves_are_those_of_mlflow(page: Element, results: kdorch.Results, finished: Any) -> None:
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{finished.home / 'mlflow.db'}")
    learning = page.all("section", id="learning")[0]
    head, *rows = [
        [cell.text for cell in row.all() if cell.tag in {"th", "td"}]
        for row in learning.all("table")[0].all("tr")
    ]
    for trial, run in zip(results.front["trial"], results.front["run_id"], strict=True):
        history = client.get_metric_history(run, "epoch/val/accuracy")
        shown = [float(row[head.index(f"trial {trial}")]) for row in rows]
        assert shown == pytest.approx([point.value for point in history], abs=5e-5)


def test_confusions_count_the_validation_rows_and_the_measured_accuracy(
    page: Element, results: kdorch.Results
) -> None:
    rows = results.record["data"]["facts"]["rows"]["validation"]
    chosen = results.confirmed_of(int(results.choose()["trial"]))
    right = {"Teacher": results.teacher["val/accuracy"], "Student": chosen["val/accuracy"].max()}
    for who, accuracy in right.items():
        _, *table = page.table(who)
        counts = np.array([[int(cell.replace("·", "0")) for cell in row[1:]] for row in table])
        assert counts.sum() == rows
        assert counts.trace() / rows == pytest.approx(accuracy, abs=1e-4)
    quarters = {row[0]: int(row[1]) for row in page.table("Answers to")[1:]}
    assert sum(quarters.values()) == rows
    both = quarters["both right"] + quarters["only the teacher right"]
    assert both / rows == pytest.approx(right["Teacher"], abs=1e-4)


def test_rows_on_which_they_differ_are_drawn(page: Element) -> None:
    examples = page.all("ul", **{"class": "examples"})[0].all("li")
    assert 0 < len(examples) <= 12
    for example in examples:
        assert example.all("img")[0].attributes["src"].startswith("data:image/png;base64,")
        teacher, student = (each.text.partition(" (")[0] for each in example.all("dd")[1:])
        assert teacher != student


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


def test_where_it_cannot_be_written_is_said(results: kdorch.Results, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(kdorch.errors.StoreError, match="Choose another with --output"):
        report(results, tmp_path / "taken" / "page.html")


def test_one_objective_a_choice_of_losses_and_no_confirmation(
    tree: Any, home: Path, monkeypatch: Any
) -> None:
    from mlflow import MlflowClient

    monkeypatch.setattr("kdorch.api.report._LONG", 0.0)
    losses = {"kd": {"any": {"soft": {"use": "hinton"}, "logits": {"use": "logit_mse"}}}}
    study = tree(
        objectives={"val/accuracy": "max"},
        losses=losses,
        tune={"student.width": {"low": 4, "high": 24}},
        confirm={"top": 0},
        search={"trials": 6, "sampler": "random"},
    )
    results = kdorch.run(kdorch.Study(**study), home=home, workers=1)
    client = MlflowClient(f"sqlite:///{home / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("tiny").experiment_id
    (run,) = client.search_runs([experiment], "tags.`kdorch.kind` = 'summary'")
    brief = read(Path(client.download_artifacts(run.info.run_id, "report.html")).read_text())
    assert sections(brief) == ["front", "likeness", "options", "cost", "again"]
    assert report(results, home / "page.html") == []
    page = read((home / "page.html").read_text())
    assert sections(page) == [
        "front",
        "learning",
        "likeness",
        "differing",
        "parameters",
        "options",
        "cost",
        "again",
    ]
    options = {row[0]: int(row[1]) for row in page.table("Options of losses.kd")[1:]}
    assert options == results.trials["losses.kd"].value_counts().to_dict()
    assert page.all("section", id="options")[0].all("h2")[0].text == "Which loss won"
    (point,) = page.all("svg")[0].all("a")
    assert (
        point.attributes["aria-label"]
        == f"Trial {results.front['trial'].item()}: val/accuracy {results.best:.4f}"
    )
