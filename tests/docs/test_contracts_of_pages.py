"""Where a page shows a contract for what it has written, the contract is kept."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from kdorch.testing import run

ROOT = Path(__file__).parents[2]
_spec = importlib.util.spec_from_file_location("session", Path(__file__).with_name("session.py"))
session = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(session)


def code(page: Path) -> str:
    """Return the Python of a page that is no file of its own."""
    texts = [
        text
        for _, language, text in session.blocks(page)
        if language == "python" and not session.written(language, text)
    ]
    return "\n".join(texts)


PAGES = [page for page in sorted((ROOT / "docs").rglob("*.md")) if "Contract):" in code(page)]


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_contracts_of_a_page_are_kept(page, monkeypatch, tmp_path):
    shown = ModuleType(page.stem.replace("-", "_"))
    monkeypatch.setitem(sys.modules, shown.__name__, shown)  # where pickle looks for the classes of the page
    monkeypatch.chdir(tmp_path)
    exec(compile(code(page), str(page), "exec", dont_inherit=True), vars(shown))
    contracts = [found for name, found in vars(shown).items() if name.startswith("Test")]
    findings = [finding for contract in contracts for finding in run(contract)]
    assert contracts
    assert not [finding for finding in findings if finding.outcome == "failed"]
    assert sum(finding.outcome == "passed" for finding in findings) >= 12 * len(contracts)


def test_pages_show_contracts():
    assert {"feature-losses.md", "foreign.md"} <= {page.name for page in PAGES}
