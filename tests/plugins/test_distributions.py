"""Plugins as they are shipped: installed, listed, run, tested and checked in an environment of their own."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from kdorch.api.authoring import KINDS

pytestmark = [pytest.mark.plugins, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(file.parent for file in ROOT.glob("plugins/*/pyproject.toml"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_plugin_works_as_it_is(environment: Any, kind: str) -> None:
    environment.kdorch("plugins", "new", "mine", "--kind", kind, "--name", "sharp_edges")
    environment.install("--editable", "mine[test]")
    listed = json.loads(environment.kdorch("plugins", "list", "--json"))
    assert not listed["broken"]
    [row] = [row for row in listed["plugins"] if row["distribution"] == "kdorch-sharp-edges"]
    assert (row["kind"], row["name"]) == (kind, "sharp_edges")
    assert " passed" in environment.python("-m", "pytest", "-W", "error", "mine")
    assert "checks passed" in environment.kdorch("plugins", "check", f"{kind}/sharp_edges")
    assert "Next: kdorch promote try_sharp_edges" in environment.kdorch(
        "study", "run", "mine/studies/try.yaml"
    )


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_a_plugin_that_we_ship_passes_its_tests(environment: Any, folder: Path) -> None:
    name = tomllib.loads((folder / "pyproject.toml").read_text())["project"]["name"]
    environment.install(f"{folder}[test]")
    listed = json.loads(environment.kdorch("plugins", "list", "--json"))
    assert not listed["broken"]
    assert name in {row["distribution"] for row in listed["plugins"]}
    for data in json.loads(environment.kdorch("data", "list", "--json"))["data"]:
        environment.kdorch(
            "data", "fetch", data["name"], code=None
        )  # without a network, tests skip what needs it
    assert " passed" in environment.python("-m", "pytest", str(folder))
    studies = [
        file.stem for file in ROOT.glob("studies/*.yaml") if f"./plugins/{folder.name}" in file.read_text()
    ]
    if studies:
        documents = str(ROOT / "tests" / "docs" / "test_documents.py")
        environment.python("-m", "pytest", documents, "-k", f"shipped_studies and ({' or '.join(studies)})")
