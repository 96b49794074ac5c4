"""A study that was run and promoted, behind `kdorch ui`, in a real Chromium."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient
from playwright.sync_api import Page, sync_playwright

LETTERS = Path(__file__).parents[1] / "api" / "letters.yaml"
SIZE = {"width": 1500, "height": 900}


@dataclass(frozen=True)
class Shown:
    """A study on display.

    Attributes:
        home: Its project directory.
        runs: Link to its runs.
        charts: Link to its charts.
    """

    home: Path
    runs: str
    charts: str

    @property
    def server(self) -> str:
        return self.runs.partition("/#/")[0]

    @property
    def experiment(self) -> str:
        return self.runs.partition("/experiments/")[2].partition("/")[0]

    def of(self, kind: str, rest: str = "", study: str = "tiny") -> str:
        """Return the link to the run of a study that is the only one of its kind, or to a part of it."""
        client = MlflowClient(self.server)
        experiment = client.get_experiment_by_name(study).experiment_id
        (run,) = client.search_runs([experiment], f"tags.`kdorch.kind` = '{kind}'")
        return f"{self.server}/#/experiments/{experiment}/runs/{run.info.run_id}{rest}"

    def at(self, run: str, rest: str = "") -> str:
        """Return the link to a run of the study, or to a part of it."""
        return f"{self.server}/#/experiments/{self.experiment}/runs/{run}{rest}"


@pytest.fixture(scope="session")
def shown(
    _template: Path, tmp_path_factory: Any, tree: Any, cli: Callable[..., Any], command: list[str], clean: Any
) -> Iterator[Shown]:
    folder = tmp_path_factory.mktemp("browser")
    home = shutil.copytree(_template, folder / "home")
    study = tree(
        search={"trials": 12, "sampler": "random"},
        confirm={"top": 2, "seeds": 2},
        train={"epochs": 5},
        references={"naive": {"use": "sklearn", "estimator": "sklearn.naive_bayes:GaussianNB"}},
    )
    (folder / "tiny.yaml").write_text(json.dumps(study))
    for file in (LETTERS, LETTERS.with_name("own_tokens.py")):
        shutil.copy(file, folder)
    for words in (
        ("study", "run", str(folder / LETTERS.name)),
        ("study", "run", str(folder / "tiny.yaml")),
        ("promote", "tiny", "--model", "toy", "--alias", "champion"),
    ):
        done = cli("--home", str(home), *words)
        assert done.returncode == 0, done.stderr
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([*command, "--home", str(home), "ui", "tiny"], env=clean, **pipes) as process:
        links = [process.stdout.readline().strip().partition(": ")[2] for _ in range(2)]
        yield Shown(home, *links)
        process.terminate()


@pytest.fixture(scope="session")
def _browser() -> Iterator[Any]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    assert program, "install Chromium first: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(_browser: Any, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A new tab; its last picture is kept in KDORCH_SCREENSHOTS, by the name of the test."""
    tab = _browser.new_page(viewport=SIZE)
    # The assistant opens itself on the first visit of a browser.
    tab.add_init_script("localStorage.setItem('mlflow.assistant.fab.autoOpenedOnFirstLoad_v1', 'true')")
    yield tab
    folder = os.environ.get("KDORCH_SCREENSHOTS")
    if folder:
        tab.screenshot(path=Path(folder) / f"{request.node.name.removeprefix('test_')}.png")
    tab.close()
