"""The study's page as people use it: by mouse, by keyboard, in the dark, inside MLflow, and with hostile data."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

import kdorch
from kdorch.api.report import report

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore:The ``noload`` loader")]

ENOUGH = 4.5  # WCAG 2.2, AA
# Rows and classes that would run in the page of whoever looks at them.
ROW = "</script></style><script>evil = 'row'</script><img src=x onerror=\"evil = 'row'\">"
CLASS = "<svg onload=\"evil = 'class'\">$"
PLUGIN = """
import numpy as np
from torch import nn

import kdorch

ROW, CLASS = @row, @class


class Standard(nn.Module):
    def __init__(self, inputs):
        super().__init__()
        self.register_buffer("mean", inputs.float().mean(0))
        self.register_buffer("deviation", inputs.float().std(0) + 1e-3)

    def forward(self, inputs):
        return (inputs.float() - self.mean) / self.deviation


class Evil(kdorch.Dataset, name="evil", tasks={"classification"}):
    def load(self):
        random = np.random.default_rng(0)
        # Noise behind each, of which a student makes something else than its teacher.
        texts = [ROW.encode() + bytes(random.integers(97, 123, 20, dtype=np.uint8)) for _ in range(300)]
        inputs = np.stack([np.frombuffer(text.ljust(120, b"\\0"), dtype=np.uint8) for text in texts])
        targets = random.integers(0, 2, len(texts))
        return kdorch.Columns(inputs, targets, kdorch.Classification(labels=[CLASS, "b"]))

    def preprocess(self, inputs):
        return Standard(inputs)


@kdorch.hookimpl
def register_datasets(register):
    register(Evil)
"""
# Each text with its colour and what is behind it, mixed as the browser mixes them.
CONTRASTS = """() => {
  const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const mixed = (colours) => {
    pixel.clearRect(0, 0, 1, 1);
    for (const colour of colours) { pixel.fillStyle = colour; pixel.fillRect(0, 0, 1, 1); }
    return [...pixel.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (colour) => {
    const [r, g, b] = colour.map((each) => each / 255)
      .map((each) => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const colours = [];
    for (let each = element; each; each = each.parentElement) colours.unshift(getComputedStyle(each).backgroundColor);
    return colours;
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (!text || !element.checkVisibility() || ["SCRIPT", "STYLE"].includes(element.tagName)) continue;
    const style = getComputedStyle(element);
    const ground = behind(element);
    const [a, b] = [mixed([...ground, element.namespaceURI.endsWith("svg") ? style.fill : style.color]), mixed(ground)]
      .map(light).sort((one, other) => other - one);
    found.push([(a + 0.05) / (b + 0.05), text]);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def file(finished: Any, tmp_path_factory: Any) -> Path:
    path = tmp_path_factory.mktemp("page") / "tiny.html"
    report(kdorch.Results("tiny", finished.home), path)
    return path


@pytest.fixture(scope="module")
def hostile(tree: Any, cli: Any, tmp_path_factory: Any) -> Path:
    """The page of a study of hostile data."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "evil.py").write_text(PLUGIN.replace("@row", repr(ROW)).replace("@class", repr(CLASS)))
    study = tree(name="hostile", data={"use": "evil"}, plugins=["./evil.py"])
    (folder / "hostile.yaml").write_text(json.dumps(study))
    for words in (("run", "hostile.yaml"), ("report", "hostile")):
        done = cli("study", *words, cwd=folder)
        assert (done.returncode, "not shown" in done.stderr) == (0, False), done.stderr
    return folder / "hostile.html"


@pytest.fixture
def look(_browser: Any) -> Iterator[Callable[..., Page]]:
    """Open a page, and keep what it asks for and complains of."""
    contexts = []

    def open_page(file: Path, **settings: Any) -> Page:
        context = _browser.new_context(viewport={"width": 1280, "height": 900}, **settings)
        contexts.append(context)
        page = context.new_page()
        page.trouble = []
        page.on("console", lambda message: page.trouble.append(message.text))
        page.on("pageerror", lambda error: page.trouble.append(str(error)))
        page.on("request", lambda request: page.trouble.append(request.url))
        page.goto(file.as_uri())
        page.trouble = [each for each in page.trouble if not each.startswith((file.as_uri(), "data:"))]
        return page

    yield open_page
    for context in contexts:
        context.close()


def cards(page: Page) -> list[str]:
    """Return the cards that are seen."""
    return [card.get_attribute("id") or "" for card in page.locator(".card").all() if card.is_visible()]


def points(page: Page) -> Any:
    return page.locator("#front a.point")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_asks_nobody_for_anything_and_complains_of_nothing(look: Any, file: Path, scheme: str) -> None:
    page = look(file, color_scheme=scheme)
    expect(page.locator("h1")).to_have_text("tiny")
    assert page.trouble == []


def test_light_is_light_and_dark_is_dark(look: Any, file: Path) -> None:
    grounds = [
        look(file, color_scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]
    bright, dark = (sum(map(int, ground[4:-1].split(","))) for ground in grounds)
    assert bright > 700
    assert dark < 100


@pytest.mark.parametrize("media", [{"color_scheme": "light"}, {"color_scheme": "dark"}, {"media": "print"}])
def test_every_text_can_be_read(look: Any, file: Path, media: dict[str, Any]) -> None:
    page = look(file)
    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    page.emulate_media(**media)
    found = page.evaluate(CONTRASTS)
    assert len(found) > 300
    assert [(round(ratio, 2), text) for ratio, text in found if ratio < ENOUGH] == []


def test_a_click_on_a_point_shows_its_card_and_stays(look: Any, file: Path, finished: Any) -> None:
    page, results = look(file), kdorch.Results("tiny", finished.home)
    assert cards(page) == [f"trial-{int(results.choose()['trial'])}"]
    for point in points(page).all():
        wanted = (point.get_attribute("href") or "")[1:]
        point.click()
        page.mouse.move(5, 5)
        assert cards(page) == [wanted]
        assert point.get_attribute("aria-current") == "true"
        expect(page.locator(f"#{wanted} h3")).to_have_text(wanted.replace("trial-", "Trial "))


def test_what_the_mouse_is_over_is_shown_as_long_as_it_is(look: Any, file: Path) -> None:
    page = look(file)
    (before,) = cards(page)
    other = next(point for point in points(page).all() if point.get_attribute("href") != f"#{before}")
    other.hover()
    assert cards(page) == [(other.get_attribute("href") or "")[1:]]
    page.mouse.move(5, 5)
    assert cards(page) == [before]


def test_a_keyboard_is_enough(look: Any, file: Path) -> None:
    page = look(file)
    wanted = [(point.get_attribute("href") or "")[1:] for point in points(page).all()]
    assert len(wanted) > 1
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    while page.evaluate("document.activeElement.getAttribute('class')") != "point":
        page.keyboard.press("Tab")
    for step, card in enumerate(wanted):
        if step:
            page.keyboard.press("ArrowRight")
        assert cards(page) == [card]
    page.keyboard.press("ArrowLeft")
    assert cards(page) == [wanted[-2]]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == wanted[-2]
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.card').id") == wanted[-2]


def test_the_command_is_copied(look: Any, file: Path) -> None:
    page = look(file, permissions=["clipboard-read", "clipboard-write"])
    card = page.locator(f"#{cards(page)[0]}")
    card.get_by_role("button", name="Copy").click()
    expect(card.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == card.locator("code").inner_text()


def test_without_a_script_all_is_there(look: Any, file: Path) -> None:
    page = look(file, java_script_enabled=False)
    assert len(cards(page)) == page.locator(".card").count() > 1
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)


def test_paper_has_all_cards_and_no_buttons(look: Any, file: Path) -> None:
    page = look(file)
    page.emulate_media(media="print")
    assert len(cards(page)) == page.locator(".card").count()
    assert not any(button.is_visible() for button in page.locator("button").all())
    for coloured in (".barred", ".shaded"):  # a browser leaves backgrounds out, unless they say something
        expect(page.locator(coloured).first).to_have_css("print-color-adjust", "exact")


def test_a_narrow_screen_scrolls_one_way(look: Any, file: Path) -> None:
    page = look(file)
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("settings", [{}, {"bypass_csp": True}])
def test_hostile_data_is_text(look: Any, hostile: Path, settings: dict[str, Any]) -> None:
    page = look(hostile, **settings)
    assert page.evaluate("typeof evil") == "undefined"
    assert page.trouble == []
    rows = page.locator(".examples blockquote").all_inner_texts()
    assert rows
    assert all(row.startswith(ROW) for row in rows)
    expect(page.locator("#differing th", has_text=CLASS).first).to_be_visible()
    assert page.locator("script").count() == 1
    assert page.locator("main img").count() == 0


def test_report_in_mlflow(shown: Any, cli: Any, page: Page, tmp_path: Path) -> None:
    done = cli("--home", str(shown.home), "study", "report", "tiny", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    page.goto(shown.of("summary", "/artifacts/report.html"))
    frame = page.frame_locator("iframe")
    expect(frame.locator("h1")).to_have_text("tiny")
    seen = frame.locator(".card:visible")
    expect(seen).to_have_count(1)
    first = f"#{seen.get_attribute('id')}"
    links = [str(point.get_attribute("href")) for point in frame.locator("#front a.point").all()]
    other = next(link for link in links if link != first)
    frame.locator(f"#front a.point[href='{other}']").click()
    expect(seen).to_have_attribute("id", other[1:])
