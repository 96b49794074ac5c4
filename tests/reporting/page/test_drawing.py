from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from kdorch.choosing.intervals import mean_interval
from kdorch.reporting.page.curves import curves_svg
from kdorch.reporting.page.drawing import figure, link, style, svg
from kdorch.reporting.page.honesty import bins, predictions_svg, reliability_svg
from kdorch.reporting.page.means import Confirmed, means_svg
from kdorch.reporting.page.slices import Slice, slices_svg

SVG, HREF = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
STRANGE = "$a_b <&> 文字"


def texts(drawn: str) -> list[str]:
    return ["".join(each.itertext()) for each in ElementTree.fromstring(drawn).iter(f"{SVG}text")]


def confirmed(name: str, twin: bool = True) -> Confirmed:
    seeds = [0.9, 0.91, 0.93]
    return Confirmed(
        name,
        f"card-{name}",
        mean_interval(seeds),
        mean_interval(seeds) if twin else None,
        seeds,
        seeds * twin,
    )


def drawn() -> dict[str, str]:
    numbers = pd.Series(np.linspace(1, 9, 9))
    one = Slice(STRANGE, numbers, numbers / 10, numbers > 7, log=True)
    words = Slice("option", pd.Series(["relu", STRANGE] * 4 + ["relu"]), numbers / 10, numbers > 7, log=False)
    shares = np.linspace(0.5, 1, 50)
    return {
        "means": means_svg("test/accuracy", [confirmed(STRANGE), confirmed("b", twin=False)], {"teacher": 0.95, STRANGE: 0.9}, "told"),
        "curves": curves_svg("val/f1", {"a": {1: 0.1, 2: 0.5, 3: 0.6}, STRANGE: {1: 0.2, 2: 0.3}}, "a", 0.7, "told", "curves"),
        "slices": slices_svg("val/f1", [one, words], "told"),
        "reliability": reliability_svg({"teacher": bins(shares, shares > 0.6)}, "told"),
        "predictions": predictions_svg(STRANGE, shares, {"student": shares}, "told", "predictions"),
    }  # fmt: skip


@pytest.fixture(scope="module")
def pictures() -> dict[str, str]:
    return drawn()


def test_colours_and_fonts_are_the_page_s(pictures: dict[str, str]) -> None:
    for name, picture in pictures.items():
        assert "var(--ink)" in picture, name
        assert set(re.findall(r"#[0-9a-f]{6}\b", picture)) == set(), name
        assert "font-family" not in picture
        assert "DejaVu" not in picture


def test_names_are_shown_as_they_are(pictures: dict[str, str]) -> None:
    for name in ("means", "curves", "slices", "predictions"):
        assert any(STRANGE in text or text.startswith(STRANGE[:9]) for text in texts(pictures[name])), name


def test_pictures_of_a_page_share_no_names_and_lose_none(pictures: dict[str, str]) -> None:
    every: list[str] = []
    for picture in pictures.values():
        root = ElementTree.fromstring(picture)
        own = [each.attrib["id"] for each in root.iter() if "id" in each.attrib]
        used = re.findall(r'(?:url\(#|xlink:href="#)([^)"]+)', picture)
        assert set(used) <= set(own)
        every += own
    assert len(set(every)) == len(every)


def test_the_same_picture_is_the_same_text() -> None:
    one, again = (means_svg("test/f1", [confirmed("a")], {}, "told") for _ in range(2))
    assert one == again


def test_points_lead_to_cards_and_say_what_they_are() -> None:
    with style():
        empty = figure(3, 2)
        axes = empty.add_subplot()
        link(axes, [1.0, 2.0], [3.0, 4.0], ["#one", "#two"])
    root = ElementTree.fromstring(svg(empty, "linked", "told", {"#one": "the first", "#two": "the second"}))
    points = list(root.iter(f"{SVG}a"))
    assert [point.attrib["href"] for point in points] == ["#one", "#two"]
    assert [point.attrib["aria-label"] for point in points] == ["the first", "the second"]
    assert root.attrib["role"] == "group"


@pytest.mark.parametrize("count", [1, 2])
def test_the_page_alone_says_how_a_point_looks(count: int) -> None:
    with style():
        empty = figure(3, 2)
        places = [float(place) for place in range(count)]
        link(empty.add_subplot(), places, places, [f"#{place}" for place in range(count)])
    root = ElementTree.fromstring(svg(empty, "linked", "told", {}))
    points = list(root.iter(f"{SVG}a"))
    assert len(points) == count
    used = {use.attrib[HREF][1:] for point in points for use in point.iter(f"{SVG}use")}
    shapes = [each for each in root.iter() if each.get("id") in used]
    assert shapes
    assert not [
        each.attrib for each in (*shapes, *(p for point in points for p in point)) if "style" in each.attrib
    ]


def test_a_name_may_hold_what_xml_cannot() -> None:
    numbers = np.arange(4.0)
    drawn = predictions_svg("a\x1b[0m\ufffeb", numbers, {"student": numbers}, "told", "predictions")
    assert "a\ufffd[0m\ufffdb, true" in texts(drawn)


def test_thousands_of_dots_do_not_make_a_large_page() -> None:
    random = np.random.default_rng(0)
    many = pd.Series(random.normal(size=20_000))
    assert len(slices_svg("val/f1", [Slice("x", many, many, many > 3, log=False)], "told")) < 200_000


def test_answers_are_divided_by_their_confidence() -> None:
    confidence = np.array([0.05, 0.1, 0.95, 0.99, 1.0])
    found = bins(confidence, np.array([0.0, 1.0, 1.0, 1.0, 0.0]))
    assert [(each.low, each.rows, each.right) for each in found] == [
        (0.0, 2, 0.5),
        (0.9, 3, pytest.approx(2 / 3)),
    ]
    assert found[1].confidence == pytest.approx(0.98)


def test_one_seed_one_curve_and_one_value_are_drawn() -> None:
    single = Confirmed("a", "a", mean_interval([0.9]), None, [0.9], [])
    assert "told" in means_svg("test/f1", [single], {}, "told")
    assert "told" in curves_svg("val/f1", {"a": {1: 0.5}}, "a", None, "told", "curves")
    same = pd.Series([0.5, 0.5, 0.5])
    assert "told" in slices_svg("val/f1", [Slice("x", same, same, same > 1, log=True)], "told")
