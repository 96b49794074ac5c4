"""Two promotions to the same alias at once: one of them gives way, whoever waits where."""

from __future__ import annotations

import json
import os
import select
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from killing import Point

from kdorch.tracking.address import connect

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:The ``noload`` loader")]

REGISTRY = "kdorch.shipping.registry:Registry"
PATIENCE = 120_000  # milliseconds until a process has come to its point, on a busy machine
STUDY = {"search": {"trials": 6, "sampler": "random"}, "confirm": {"top": 2, "seeds": 2, "baseline": "none"}}


@pytest.fixture
def waiting(warm: Any, clean: dict[str, str], tmp_path: Path) -> Callable[..., Any]:
    """Run ``kdorch WORDS`` up to a point, and to its end once the block is left."""
    folder = tmp_path / "waiting"
    folder.mkdir()

    @contextmanager
    def run(point: Point, *words: str | Path, **environment: str) -> Iterator[Future[Any]]:
        for pipe in ("reached", "go"):
            os.mkfifo(folder / pipe)
        script = str(Path(__file__).with_name("pausing.py"))
        with ThreadPoolExecutor(1) as pool:
            command = (script, json.dumps(point), *map(str, words))
            done = pool.submit(warm.run, *command, env=clean | environment, cwd=folder)
            with os.fdopen(os.open(folder / "reached", os.O_RDONLY | os.O_NONBLOCK)) as reached:
                poll = select.poll()
                poll.register(reached, select.POLLIN)
                assert poll.poll(PATIENCE), "it never came to its point"
            try:
                yield done
            finally:
                (folder / "go").write_text("go on")

    return run


def left(client: Any) -> tuple[dict[str, int], list[int], list[str]]:
    """Return where the aliases of the model point, its versions, and what still says that it is underway."""
    versions = client.search_model_versions("name = 'toy'")
    numbers = sorted(int(version.version) for version in versions)
    marks = [version.version for version in versions if "kdorch.underway" in version.tags]
    aliases = client.get_registered_model("toy").aliases
    return {alias: int(version) for alias, version in aliases.items()}, numbers, marks


def test_in_one_project_the_second_is_told_to_wait(
    waiting: Any, cli: Any, write: Any, finished: Any, tmp_path: Path
) -> None:
    home = Path(copytree(finished.home, tmp_path / "shared"))
    other = write("other.yaml", name="other", **STUDY)
    assert cli("--home", str(home), "study", "run", str(other), "--workers", "1").returncode == 0
    words = ("--home", str(home), "promote", "other", "--alias", "champion", "--model", "toy")
    point = Point(f"{REGISTRY}.register", "after", 1)
    with waiting(point, "--home", home, "promote", "tiny", "--model", "toy", "--alias", "champion") as first:
        second = cli(*words)
        told = (
            "error: Another process promotes a student as 'toy', or rolls it back. Wait for it, or end it.\n"
        )
        assert (second.returncode, second.stderr) == (2, told)
        back = cli("--home", str(home), "promote", "--rollback", "toy")
        assert (back.returncode, back.stderr) == (2, told)
    assert first.result().returncode == 0
    assert left(connect(f"sqlite:///{home}/mlflow.db")) == ({"champion": 1}, [1], [])
    second = cli(*words, "--force", "to see whose place it takes")
    assert "It took the place of version 1" in second.stdout


@pytest.mark.parametrize(
    ("point", "told", "winner"),
    [
        (
            Point(f"{REGISTRY}.log_model", "after", 1),
            "version 1 has 'champion' now: somebody was quicker",
            "second",
        ),
        (Point(f"{REGISTRY}.register", "after", 1), "version 1 is on its way to 'champion', too", "first"),
        (
            Point("kdorch.shipping.champion:expect", "after", 1),
            "version 1 is on its way to 'champion', too",
            "first",
        ),
    ],
    ids=["before it is registered", "once it is registered", "between looking and taking"],
)
def test_from_two_projects_one_gives_way_and_leaves_nothing(
    point: Point, told: str, winner: str, shared_store: Any, waiting: Any, cli: Any
) -> None:
    uri, homes, trials = shared_store
    words = [
        ("--home", str(home), "promote", "tiny", "--model", "toy", "--alias", "champion", "--trial", trial)
        for home, trial in zip(homes, trials, strict=True)
    ]
    environment = {"MLFLOW_TRACKING_URI": uri}
    with waiting(point, *words[0], **environment) as running:
        second = cli(*words[1], environment=environment)
    first = running.result()
    won, lost = (first, second) if winner == "first" else (second, first)
    assert (won.returncode, won.stderr) == (0, "")
    assert (lost.returncode, lost.stdout) == (2, "")
    assert told in lost.stderr
    client = connect(uri)
    assert left(client) == ({"champion": 1}, [1], [])
    trial = client.get_model_version("toy", "1").tags["kdorch.trial"]
    assert trial == trials[0 if winner == "first" else 1]
    experiment = client.get_experiment_by_name("tiny").experiment_id
    assert len(client.search_logged_models([experiment], "name = 'student'")) == 1


@pytest.fixture
def shared_store(_shared_store: Path, tmp_path: Path) -> tuple[str, list[Path], list[str]]:
    """A tracking store of two projects, which know of two confirmed students."""
    homes = [Path(copytree(_shared_store / "home", tmp_path / name)) for name in ("one", "other")]
    database = Path(copytree(_shared_store / "store", tmp_path / "store")) / "mlflow.db"
    trials = (_shared_store / "trials").read_text().split()
    # The record names the store that the study was run with; each test has a copy of its own.
    for home in homes:
        record = home / "studies" / "tiny" / "study.json"
        record.write_text(record.read_text().replace(str(_shared_store / "store"), str(database.parent)))
    return f"sqlite:///{database}", homes, trials


@pytest.fixture(scope="session")
def _shared_store(shared: Any, _template: Path, tree: Any, cli: Any) -> Path:
    def fill(folder: Path) -> None:
        import kdorch

        home = Path(copytree(_template, folder / "home"))
        (folder / "store").mkdir()
        (folder / "tiny.yaml").write_text(json.dumps(tree(**STUDY)))
        environment = {"MLFLOW_TRACKING_URI": f"sqlite:///{folder}/store/mlflow.db"}
        words = ("--home", str(home), "study", "run", str(folder / "tiny.yaml"), "--workers", "1")
        done = cli(*words, environment=environment, cwd=folder)
        assert done.returncode == 0, done.stderr
        trials = kdorch.Results("tiny", home).eligible["trial"]
        assert len(trials) == 2
        (folder / "trials").write_text(" ".join(map(str, trials)))

    return shared("two projects", fill)
