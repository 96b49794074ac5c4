"""A small real study, and project directories to run it in.

Making MLflow's database, the data and a teacher costs seconds, and copying them costs nothing: every home is
a copy of one that is made once.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL
from types import SimpleNamespace
from typing import Any

import pytest
from filelock import FileLock

sys.path.append(str(Path(__file__).parent))

from warm import Server

# A shell starts what runs in its background with Ctrl-C ignored, and the children of this process would inherit
# that; the tests that interrupt a process need it to hear.
signal.signal(signal.SIGINT, signal.default_int_handler)

TINY: dict[str, Any] = {
    "name": "tiny",
    "data": {"use": "digits"},
    "teacher": {"use": "trained", "network": {"use": "mlp", "width": 48, "depth": 1}, "epochs": 3},
    "student": {"use": "mlp"},
    "losses": {"task": {"use": "task", "weight": 0.1}, "kd": {"use": "hinton", "weight": 0.9}},
    "train": {"epochs": 1, "batch": 64, "lr": 0.01},
    "tune": {
        "student.width": {"low": 4, "high": 24},
        "losses.kd.temperature": "auto",
        "train.lr": {"low": 5e-3, "high": 3e-2, "log": True},
    },
    "objectives": {"val/accuracy": "max", "size/params": "min"},
    "search": {"trials": 4, "sampler": "random"},
    "confirm": {"top": 1, "seeds": 1},
}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how many cases of bad input were tried (tests/fuzz), by surface."""
    ended = [report for reports in terminalreporter.stats.values() for report in reports]
    tried: Counter[str] = Counter()
    for report in ended:
        if getattr(report, "when", None) == "teardown":
            tried.update(dict(value for name, value in report.user_properties if name == "tried"))
    if tried:
        told = ", ".join(f"{surface} {count:,}" for surface, count in sorted(tried.items()))
        terminalreporter.write_line(f"cases of bad input: {told}; {tried.total():,} in all")


@pytest.fixture(autouse=True)
def _own_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep runs in the test's own home, whatever the environment says."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("MLFLOW_REGISTRY_URI", raising=False)


@pytest.fixture(autouse=True)
def _garbage() -> Iterator[None]:
    """Look for garbage as often as ever: a command looks seldom, and after it its process ends, but here."""
    usual = gc.get_threshold()
    yield
    gc.set_threshold(*usual)


@pytest.fixture(scope="session")
def tree() -> Callable[..., dict[str, Any]]:
    """Return the small study as its file writes it, with other sections."""

    def make(**sections: Any) -> dict[str, Any]:
        changed = json.loads(json.dumps(TINY)) | sections
        return {name: section for name, section in changed.items() if section is not None}

    return make


@pytest.fixture
def write(tree: Callable[..., dict[str, Any]], tmp_path: Path) -> Callable[..., Path]:
    """Write the small study to a file; JSON is YAML."""

    def make(path: str = "tiny.yaml", **sections: Any) -> Path:
        file = tmp_path / path
        file.write_text(json.dumps(tree(**sections), indent=1))
        return file

    return make


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], None]], Path]:
    """Make a directory once, for all processes of pytest-xdist."""
    root = tmp_path_factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root

    def make(name: str, fill: Callable[[Path], None]) -> Path:
        folder = root / name
        with FileLock(root / f"{name}.lock"):
            if not folder.exists():
                folder.mkdir()
                try:
                    fill(folder)
                except BaseException:
                    shutil.rmtree(folder)
                    raise
        return folder

    return make


@pytest.fixture(scope="session")
def _template(shared: Callable[..., Path]) -> Path:
    def fill(home: Path) -> None:
        from kdorch.study import Study
        from kdorch.teaching import jobs
        from kdorch.tracking.database import local_uri

        local_uri(home)
        whole = Study(**TINY).tree()
        store = {"store": str(home / "store")}
        data = jobs.data(store | {"data": whole["data"], "split": whole["split"]}, print)
        facts = {
            "seed": 0,
            "score": ["accuracy", "max"],
            "budget": 2**30,
            "metrics": [],
            "data": data["path"],
        }
        jobs.teacher(store | facts | {"teacher": whole["teacher"]}, print)

    return shared("template", fill)


@pytest.fixture
def home(_template: Path, tmp_path: Path) -> Path:
    """A project directory with a database, the digits, and the small study's teacher."""
    return Path(shutil.copytree(_template, tmp_path / "home"))


@pytest.fixture
def whole() -> Callable[..., Any]:
    """Read everything that a home knows about a study, to check it."""
    from whole import Whole  # it imports MLflow

    return Whole


@dataclass(frozen=True)
class Finished:
    """A study that was run by the command line; only to be read.

    Attributes:
        home: Its project directory.
        file: Its file.
        output: What its run printed, piped.
    """

    home: Path
    file: Path
    output: str


@pytest.fixture(scope="session")
def finished(_template: Path, shared: Callable[..., Path]) -> Finished:
    naive = {"use": "sklearn", "estimator": "sklearn.naive_bayes:GaussianNB"}
    more = {"search": {"trials": 6}, "confirm": {"top": 2, "seeds": 2}, "references": {"naive": naive}}

    def fill(folder: Path) -> None:
        home = shutil.copytree(_template, folder / "home")
        file = folder / "tiny.yaml"
        file.write_text(json.dumps(TINY | more | {"train": TINY["train"] | {"epochs": 3}}))
        done = kdorch_command("--home", str(home), "study", "run", str(file))
        assert done.returncode == 0, done.stderr
        (folder / "output").write_text(done.stdout)

    folder = shared("finished", fill)
    return Finished(folder / "home", folder / "tiny.yaml", (folder / "output").read_text())


def kdorch_command(*words: str, environment: Mapping[str, str] | None = None, **options: Any) -> Any:
    """Run the command line in a process of its own, its output piped."""
    import subprocess

    return subprocess.run(
        [*COMMAND, *words],
        env=clean_environment() | dict(environment or {}),
        capture_output=True,
        text=True,
        check=False,
        **options,
    )


COMMAND = [sys.executable, "-c", "from kdorch.cli import main; main()"]


def clean_environment() -> dict[str, str]:
    """Return the environment without what would move the runs, and with this source first."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    return kept | {"PYTHONPATH": str(Path(__file__).parent.parent)}


@pytest.fixture(scope="session")
def cold_cli() -> Callable[..., Any]:
    """Run ``kdorch WORDS`` in a new Python, where it matters what that imports, and from where."""
    return kdorch_command


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Processes that begin at once, instead of importing torch and MLflow for five seconds."""
    from kdorch.execution.launcher import thread_variables

    with Server(tmp_path_factory.mktemp("warm"), clean_environment() | thread_variables(1)) as server:
        yield server


@pytest.fixture(scope="session")
def cli(warm: Server) -> Callable[..., Any]:
    """Run ``kdorch WORDS`` in a process of its own, its output piped."""

    def run(*words: str, environment: Mapping[str, str] | None = None, cwd: Path | None = None) -> Any:
        return warm.run(*COMMAND[1:], *words, env=clean_environment() | dict(environment or {}), cwd=cwd)

    return run


@pytest.fixture(autouse=True)
def _warm_workers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the fork servers of whole studies, which this process runs, be such processes, too."""

    def popen(*words: Any, **options: Any) -> Any:
        return request.getfixturevalue("warm").popen(*words, **options)

    if request.node.get_closest_marker("slow"):
        subprocess = SimpleNamespace(Popen=popen, DEVNULL=DEVNULL)
        monkeypatch.setattr("kdorch.execution.forking.subprocess", subprocess)


@pytest.fixture(scope="session")
def command() -> list[str]:
    """The words that start ``kdorch``."""
    return COMMAND


@pytest.fixture(scope="session")
def clean() -> dict[str, str]:
    """The environment of a process that runs it."""
    return clean_environment()
