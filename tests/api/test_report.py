"""A study's page: what is on it is what was found."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from webpage import Element, read, sections

import kdorch
from kdorch.api.report import report

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
    first, second, third = (each.text for each in page.all("header")[0].all("p")[1:])
    assert first == " ".join(chosen.sentence.split())
    assert second == results.explain()
    assert third.startswith(f"{len(results.trials)} trials are complete, {len(results.front)} on the front.")
    figures = {each.all("dt")[0].text: each.all("strong")[0].text for each in page.all("dl")[0].all("div")}
    assert chosen.twin is not None
    assert figures[f"Chosen: trial {chosen.candidate}"] == f"{results.choose()['size/params']:,}"
    assert figures["Its test/accuracy"] == f"{chosen.student.mean:.4f}"
    assert figures["Without a teacher"] == f"{chosen.twin.mean:.4f}"


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
