"""Much of everything: workers, trials, rows. ``tox -e load`` prints what they took (docs/reliability.md)."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kdorch
from benchmarks.padding import pad

sys.path.append(str(Path(__file__).parent))

from gauge import Gauge

pytestmark = [pytest.mark.slow, pytest.mark.load, pytest.mark.timeout(3600)]

SECONDS = int(os.environ.get("KDORCH_LOAD_SECONDS", "600"))
WORKERS, STACK = 8, 25
PER_TRIALS = 10_000
LEAK = 50.0  # MB that a coordinator may grow by in so many trials, and a worker in all of them
RECORD, NEXT = 10_000, 200
ROWS, COLUMNS = 500_000, 1024  # 2.05 GB of float32
LIMIT = "1GB"  # of a worker


def told(text: str) -> None:
    print(f"\n{text}", end="")  # noqa: T201  what these tests are for


@pytest.fixture
def begin(command: list[str], clean: dict[str, str], tmp_path: Path) -> Callable[..., Any]:
    """Start ``kdorch WORDS``; what it says goes to a file."""

    def start(*words: str | Path) -> subprocess.Popen[bytes]:
        with (tmp_path / "output").open("ab") as output:
            whole = [*command, *map(str, words)]
            return subprocess.Popen(whole, env=clean, stdout=output, stderr=output)

    return start


def agree(home: Path, name: str = "tiny") -> int:
    """Check that Optuna and MLflow tell the same of every trial; return how many are complete."""
    results = kdorch.Results(name, home)
    record = results.searched
    with sqlite3.connect(home / "mlflow.db") as database:
        runs = dict(database.execute("SELECT run_uuid, status FROM runs"))
        wanted = "SELECT run_uuid, value FROM latest_metrics WHERE key = 'val/accuracy'"
        accuracy = dict(database.execute(wanted))
    database.close()
    assert record.running() == []
    assert "RUNNING" not in runs.values()
    complete = record.complete()
    assert len({trial.user_attrs["run_id"] for trial in complete}) == len(complete)
    for trial in complete:
        run = trial.user_attrs["run_id"]
        assert runs[run] == "FINISHED"
        if "-" not in run:  # else a copy, with an accuracy of its own
            assert accuracy[run] == trial.values[0]
    assert not [*results.folder.spool.glob("*")]
    return len(complete)


def test_eight_workers_with_stacks(begin: Any, home: Path, write: Any) -> None:
    search = {"trials": 10**6, "sampler": "random", "stack": STACK}
    train = {"epochs": 5, "batch": 64, "lr": 0.01}
    file = write(search=search, train=train, confirm={"top": 0})
    gauge = Gauge()
    words = ("study", "run", file, "--workers", str(WORKERS), "--timeout", str(SECONDS))
    assert gauge.watch(begin("--home", home, *words)) == 0
    complete = agree(home)
    coordinator, worker = gauge.growth(gauge.own), gauge.growth(gauge.others)
    told(
        f"{WORKERS} workers, stacks of {STACK}, {gauge.seconds:.0f} s: {complete:,} trials; the coordinator "
        f"{max(gauge.own):.0f} MB at most, {coordinator:+.0f} MB from the first minute on; the largest worker "
        f"{max(gauge.others):.0f} MB, {worker:+.0f} MB; all together {max(gauge.all):.0f} MB"
    )
    assert complete > SECONDS
    assert coordinator < LEAK * max(1.0, complete / PER_TRIALS)
    assert worker < LEAK


def test_ten_thousand_trials(begin: Any, home: Path, write: Any) -> None:
    search = {"trials": 12, "sampler": "tpe"}
    file = write(search=search, confirm={"top": 0})
    results = kdorch.run(kdorch.Study.load(file), home=home, workers=2)
    pad(results.searched, home / "mlflow.db", RECORD)
    words = ("study", "run", file, "--workers", "2", "--trials", str(RECORD + NEXT))
    first = begin("--home", home, *words)
    journal = home / "studies" / "tiny" / "optuna.journal"
    size, looked = journal.stat().st_size, threading.Event()
    while journal.stat().st_size < size + 100_000:  # some dozens of trials
        assert first.poll() is None
        looked.wait(0.05)
    first.send_signal(signal.SIGKILL)
    first.wait()
    gauge = Gauge()
    assert gauge.watch(begin("--home", home, *words)) == 0
    assert agree(home) == RECORD + NEXT
    began = time.monotonic()
    assert begin("--home", home, "study", "show", "tiny").wait() == 0
    shown = time.monotonic() - began
    told(
        f"a record of {RECORD:,} trials, killed, and gone on with for {NEXT}: {gauge.seconds:.1f} s, the coordinator "
        f"{max(gauge.own):.0f} MB; `study show` {shown:.1f} s"
    )
    assert shown < 5


def test_two_gigabytes_of_rows(begin: Any, tmp_path: Path, write: Any) -> None:
    folder = tmp_path / "rows"
    folder.mkdir()
    _write_rows(folder / "x.npy", folder / "y.npy")
    mlp = {"use": "mlp", "width": 32, "depth": 1}
    file = write(
        data={"use": "files", "path": str(folder / "x.npy"), "labels": str(folder / "y.npy")},
        teacher={"use": "trained", "network": mlp | {"width": 64}, "epochs": 1},
        train={"epochs": 1, "batch": 256, "lr": 0.01},
        search={"trials": 4, "sampler": "random", "memory": LIMIT},
        confirm={"top": 1, "seeds": 1},
    )
    gauge = Gauge()
    assert gauge.watch(begin("--home", tmp_path / "home", "study", "run", file, "--workers", "2")) == 0
    assert agree(tmp_path / "home") == 4
    accuracy = max(trial.values[0] for trial in kdorch.Results("tiny", tmp_path / "home").searched.complete())
    told(
        f"{ROWS:,} rows, {ROWS * COLUMNS * 4 / 1e9:.2f} GB, workers of {LIMIT}: {gauge.seconds:.0f} s; the largest "
        f"process {max(gauge.others):.0f} MB, the coordinator {max(gauge.own):.0f} MB, accuracy {accuracy:.3f}\n"
    )
    assert accuracy > 0.9


def _write_rows(inputs: Path, labels: Path) -> None:
    """Write classes that lie around points of their own, some rows at a time."""
    chance = np.random.default_rng(0)
    targets = chance.integers(0, 4, ROWS)
    centres = chance.normal(size=(4, COLUMNS)).astype(np.float32)
    stored = np.lib.format.open_memmap(inputs, mode="w+", dtype=np.float32, shape=(ROWS, COLUMNS))
    step = 10_000
    for start in range(0, ROWS, step):
        part = targets[start : start + step]
        stored[start : start + step] = centres[part] + 4 * chance.standard_normal(
            (len(part), COLUMNS), np.float32
        )
    stored.flush()
    np.save(labels, targets)
