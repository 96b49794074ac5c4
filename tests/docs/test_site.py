"""The site of docs/: it is built as `tox -e docs` does, and what is made from the code is in it."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

import kdorch
from docs.hooks import reference, repository
from kdorch.cli.main import cli
from kdorch.discovery import installed
from kdorch.study import Study
from kdorch.study.settings import SETTINGS

ROOT = Path(__file__).parents[2]


def built(folder, file=ROOT / "mkdocs.yml"):
    command = [sys.executable, "-m", "mkdocs", "build", "-f", str(file), "-d", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def site(shared):
    """Where the site lies, and the text of every page by its path."""

    def fill(folder):
        done = built(folder)
        assert done.returncode == 0, done.stdout + done.stderr

    folder = shared("site", fill)
    return folder, {str(page.relative_to(folder)): page.read_text() for page in folder.rglob("*.html")}


def text(page):
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", page)).split())


@pytest.mark.slow
def test_the_site_has_every_page_and_loads_nothing_from_elsewhere(site):
    _, pages = site
    names = {
        str(page.relative_to(ROOT / "docs").with_suffix(".html")) for page in (ROOT / "docs").rglob("*.md")
    }
    assert {name.replace("README", "index") for name in names} <= pages.keys()
    for name, page in pages.items():
        loaded = re.findall(r"<(?:script|img|iframe|source|link)\b[^>]*?(?:src|href)=\"([^\"]*)\"", page)
        assert loaded, name
        assert not [address for address in loaded if "//" in address], name


@pytest.mark.slow
def test_the_reference_has_all_there_is(site):
    _, pages = site
    commands, study, plugins, python = (
        pages[f"reference/{name}.html"] for name in ("commands", "study", "plugins", "python")
    )
    for context in reference.walk(click.Context(cli, info_name="kdorch")):
        for option in context.command.params:
            if isinstance(option, click.Option):
                assert option.opts[-1] in text(commands), (context.command_path, option.opts)
        assert f'id="{context.command_path.replace(" ", "-")}"' in commands
    keys = [*Study.model_fields, *(key for section in SETTINGS.values() for key in section.model_fields)]
    assert not [key for key in keys if f"<code>{key}</code>" not in study]
    for kind in reference.KINDS:
        own = [each for each in installed().registries[kind] if each.origin.distribution == "kdorch"]
        assert not [
            each.name for each in own if f'id="{each.name}"' not in plugins and f"#{each.name}" not in plugins
        ]
    assert not [name for name in kdorch.__all__ if f'kdorch.{name}"' not in python]


@pytest.mark.slow
def test_what_is_linked_to_outside_of_docs_is_shown(site):
    folder, pages = site
    assert "85,002 parameters" in text(pages["repository/index.html"])  # the README
    assert "limits: {size/params: 2550}" in text(pages["repository/studies/digits.yaml.html"])
    assert (folder / "digits.svg").exists()


@pytest.mark.slow
@pytest.mark.parametrize("link", ["nowhere.md", "index.md#nowhere", "../nowhere.md"])
def test_a_link_that_leads_nowhere_ends_the_build(tmp_path, link):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text(f"# A page\n\n[lost]({link})\n")
    (tmp_path / "mkdocs.yml").write_text(
        f"INHERIT: {ROOT / 'mkdocs.yml'}\nhooks: []\nplugins: []\nnav: [index.md]\n"
    )
    done = built(tmp_path / "site", tmp_path / "mkdocs.yml")
    assert done.returncode == 1
    assert "nowhere" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "integer", "minimum": 1}, "a whole number from 1"),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, "a number above 0 below 1"),
        ({"anyOf": [{"const": "auto"}, {"type": "integer"}, {"type": "null"}]}, "`auto` or a whole number"),
        ({"enum": ["tpe", False]}, "`tpe`, `false`"),
        ({"type": "array", "items": {"type": "string"}}, "a list: text"),
        ({"type": "object", "additionalProperties": {"$ref": "#/$defs/Loss"}}, "by name: [loss](plugins.md#losses)"),
        ({"$ref": "#/$defs/OneOf_Loss_"}, "[a choice](study.md#a-choice)"),
        ({"$ref": "#/$defs/Train"}, "[a section](study.md#train)"),
        ({}, "anything"),
    ],
)  # fmt: skip
def test_what_a_field_takes_is_told_in_words(schema, told):
    assert reference.kind(schema) == told


def test_every_page_is_in_the_navigation():
    listed = set(re.findall(r": ([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(), flags=re.MULTILINE))
    pages = {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")}
    assert {page for page in pages if not page.startswith("decisions/0")} == listed


def test_a_bar_ends_a_cell_only_where_a_table_has_one():
    assert reference.table(["a"], [["x | `y | z`"]]).splitlines()[-1] == r"| x \| `y | z` |"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("docs/teachers.md", "teachers.md"),
        ("docs/decisions", "decisions/README.md"),
        ("README.md", "repository/README.md"),
        ("studies/digits.yaml", "repository/studies/digits.yaml.md"),
        ("plugins/kdorch-text", "repository/plugins/kdorch-text/README.md"),
        ("tests/study/wrong", "repository/tests/study/wrong/index.md"),
    ],
)
def test_each_file_of_the_repository_has_a_place_in_the_site(path, place):
    assert repository.place(path) == place
    assert repository.target(repository.source(place), "x.md").endswith("x.md")
