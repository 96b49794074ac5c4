"""What somebody else wrote stays text, wherever it stands."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

import pytest
from webpage import read

from kdorch.reporting.page.blocks import (
    UNKNOWN,
    Beside,
    Card,
    Cards,
    Cell,
    Example,
    Examples,
    Page,
    Picture,
    Quote,
    Section,
    Table,
    Words,
    row,
)
from kdorch.reporting.page.render import render

EVIL = """</script><script>evil = 1</script><img src=x onerror="evil=1"> "' ]]> --> {{ 7 * 7 }} </style></title>"""
DRAWN = '<svg viewBox="0 0 1 1" aria-label="nothing"></svg>'


def table(text: str = "x") -> Table:
    return Table(text, [text, text], [row([text, Cell(text, bar=0.5)]), row([text, Cell(text, shade=1.0)])])


def hostile() -> Page:
    card = Card("trial-1", EVIL, [EVIL], [table(EVIL)], EVIL)
    blocks = [
        Cards(Picture(DRAWN, EVIL, table(EVIL)), [card]),
        table(EVIL),
        Words(EVIL),
        Quote(EVIL, EVIL, copied=True),
        Quote(EVIL, EVIL, folded=True),
        Examples(EVIL, [Example(EVIL, [(EVIL, EVIL)], text=EVIL)]),
        Beside([table(EVIL), table(EVIL)]),
    ]
    return Page(EVIL, [EVIL, EVIL], [(EVIL, EVIL, EVIL)], [Section("all", EVIL, blocks)], [EVIL])


def test_a_hostile_text_is_shown_as_it_is_and_makes_no_element() -> None:
    html = render(hostile())
    page = read(html)
    (script,) = page.all("script")
    assert EVIL not in html
    assert "evil" not in script.raw
    assert page.all("img") == []
    assert page.all("article")[0].all("h3")[0].raw == EVIL
    assert page.all("blockquote")[0].raw == EVIL
    assert {each.raw for each in page.all("p", **{"class": "verdict"})} == {EVIL}
    assert "{{ 7 * 7 }}" in page.all("h1")[0].raw
    for element in page.all():
        assert not any(name.startswith("on") for name in element.attributes), element.tag


def test_only_the_page_s_own_script_may_run_and_nothing_may_be_fetched() -> None:
    page = read(render(Page("x", [], [], [])))
    (script,) = page.all("script")
    policy = page.all("meta", **{"http-equiv": "Content-Security-Policy"})[0].attributes["content"]
    digest = b64encode(sha256(script.raw.encode()).digest()).decode()
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == f"'sha256-{digest}'"
    assert rules["img-src"] == "data:"


@pytest.mark.parametrize(
    ("text", "number"),
    [("0.9713", True), ("1,360", True), ("0.95 ± 0.02", True), ("+0.01 (-0.02 to +0.04)", True), ("54%", True), (UNKNOWN, True),
     ("1e-05", True), ("hinton", False), ("3 seeds", False), ("v1.2", False)],
)  # fmt: skip
def test_numbers_are_aligned_and_words_are_not(text: str, number: bool) -> None:
    assert Cell(text).number == number
    assert not Cell(text, worded=True).number


def test_a_table_names_its_rows_and_columns() -> None:
    page = read(
        render(Page("x", [], [], [Section("s", "S", [Table("t", ["", "score"], [row(["a", "0.5"])])])]))
    )
    assert page.table("t") == [["", "score"], ["a", "0.5"]]
    assert [each.attributes["scope"] for each in page.all("th")] == ["col", "row"]
    assert re.search(r"<th scope=\"col\" class=\"number\">score</th>", render(Page("x", [], [], [Section("s", "S", [Table("t", ["", "score"], [row(["a", "0.5"])])])])))  # fmt: skip


def test_parts_that_are_not_there_leave_nothing_behind() -> None:
    page = read(render(Page("x", ["y"], [], [])))
    assert [page.all(tag) for tag in ("dl", "footer", "section", "table")] == [[], [], [], []]
