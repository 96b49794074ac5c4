"""Files from the registries themselves, by the clients as they are set on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

import kdorch
from kdorch.fetching import Source, fetch

pytestmark = [pytest.mark.plugins, pytest.mark.slow]

SOURCES: list[Source] = [
    kdorch.Npm(
        "is-number",
        "7.0.0",
        files={"LICENSE": "35bdd8a44339719441900fb50fbefc5e2dca1ca662cbaed7a687de842c8b70f2"},
        size=3_700,
    ),
    kdorch.Debian(
        "r-cran-kernlab",
        root="usr/lib/R/site-library/kernlab/data",
        files={"spam.rda": "09281b38bc7b064f63616d9056091f924f59e38aa9fd07dd3bc1af0cba9613d3"},
        size=2_112_480,
    ),
    kdorch.Pip(
        "six",
        "1.17.0",
        files={"six.py": "c51c91f703d3d4b3696c923cb5fec213e05e75d9215393befac7f2fa6a3904df"},
        size=11_000,
    ),
]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.client)
def test_a_registry_has_the_files(source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not source.program():
        pytest.skip(f"{source.client} is not here")
    monkeypatch.setenv("KDORCH_DATA", str(tmp_path))
    assert fetch(source).new
