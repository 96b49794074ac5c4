"""Studies that are started at the same moment."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

EPOCHS = 4
TEACHER = {"use": "trained", "network": {"use": "mlp", "width": 32, "depth": 1}, "epochs": EPOCHS}
STUDY = {"teacher": TEACHER, "search": {"trials": 2, "sampler": "random"}}


def at_once(cli: Any, home: Path, *files: Path) -> list[Any]:
    """Run studies, each in a process of its own."""

    def run(file: Path) -> Any:
        return cli("--home", str(home), "study", "run", str(file), "--workers", "1")

    with ThreadPoolExecutor(len(files)) as pool:
        return list(pool.map(run, files))


def test_the_second_of_two_that_are_the_same_says_who_was_first(
    cli: Any, write: Any, whole: Any, home: Path
) -> None:
    file = write(**STUDY)
    first, second = sorted(at_once(cli, home, file, file), key=lambda done: done.returncode)
    assert (first.returncode, first.stderr) == (0, "")
    held = r"error: Study 'tiny' is being run by process \d+ on \S+ since 20\S+ \S+ \S+\. Wait for it, or end it\."
    assert re.fullmatch(held, second.stderr.strip())
    assert (second.returncode, second.stdout) == (2, "")
    whole(home).check(trials=2, confirmed=2)


@pytest.mark.parametrize(
    "times", [1, pytest.param(3, marks=pytest.mark.faults)], ids=["once", "time and again"]
)
def test_two_that_differ_share_a_fresh_home(
    times: int, cli: Any, write: Any, whole: Any, tmp_path: Path
) -> None:
    names = ("one", "other")
    files = [write(f"{name}.yaml", name=name, **STUDY) for name in names]
    for number in range(times):
        home = tmp_path / f"fresh-{number}"
        for done in at_once(cli, home, *files):
            assert (done.returncode, done.stderr) == (0, "")
        trained = 0.0
        for name in names:
            found = whole(home, name)
            found.check(trials=2, confirmed=2)
            [teacher] = found.of_kind("teacher")
            trained += teacher.data.metrics["teacher/epochs_trained"]
        assert trained == EPOCHS, "a teacher that both have was not trained once"
        assert len({entry["weights"] for entry in found.ledger}) == len(found.ledger)
