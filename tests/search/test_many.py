"""A study of thousands of trials is asked, told, kept and shown as one of a hundred."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest

from kdorch.discovery import installed
from kdorch.search.frames import open_trials
from kdorch.search.home import Home
from kdorch.search.journal import open_journal
from kdorch.search.record import Record
from kdorch.search.sampling import suggest
from kdorch.study import Study
from kdorch.study.metrics import limits
from kdorch.study.space import space

pytestmark = pytest.mark.slow
MANY = 2000
TEN_THOUSAND = 10_000
MEASURED = ("val/f1", "val/loss", "val/agreement", "val/kl", "val/ece", "cost/flops", "cost/train_seconds")
LOSSES = ("val/loss/task", "val/loss/kd", "train/loss/task", "train/loss/kd", "size/bytes")


def complete(record: Record, study: Study, count: int) -> None:
    """Ask for trials and tell them.

    Args:
        record: Of the search.
        study: Small networks of this width are quick, and wide ones good.
        count: How many.
    """
    dimensions, bounds = space(study), limits(study, installed())
    for _ in range(count):
        with record.together():
            trial = record.ask()
            params = suggest(trial, dimensions)
            random = Random(trial.number)
            digest = sha256(str(trial.number).encode()).hexdigest()
            metrics = {name: random.random() for name in (*MEASURED, *LOSSES)}
            metrics["size/params"] = 75 * params["student.width"]
            metrics["val/accuracy"] = 1 - 0.5 / params["student.width"] - 0.05 * random.random()
            trial.set_user_attr("run_id", digest[:32])
            trial.set_user_attr("metrics", metrics)
            trial.set_user_attr("weights", digest)
            record.constrain(trial, metrics, bounds)
            record.tell(trial.number, [metrics[metric] for metric in study.objectives])


@pytest.fixture
def study(tree: Callable[..., dict[str, Any]]) -> Study:
    return Study(**tree(search={"trials": MANY, "sampler": "tpe"}, limits={"size/params": 2000}))


def of(study: Study, path: Path, method: str) -> Record:
    journal = open_journal(path / "optuna.journal")
    return Record(journal, "search", list(study.objectives.values()), method=method)


def milliseconds(record: Record, study: Study) -> float:
    """Return the CPU time of asking and telling."""
    before, count = time.process_time(), 20
    complete(record, study, count)
    return 1000 * (time.process_time() - before) / count


def test_asking_and_telling_takes_no_longer_and_memory_stays(study: Study, tmp_path: Path) -> None:
    complete(of(study, tmp_path, "random"), study, 100)
    few = milliseconds(of(study, tmp_path, "tpe"), study)
    complete(of(study, tmp_path, "random"), study, MANY)
    tracemalloc.start()
    record = of(study, tmp_path, "tpe")
    megabytes = tracemalloc.get_traced_memory()[0] / 1e6 * TEN_THOUSAND / MANY
    tracemalloc.stop()
    assert milliseconds(record, study) < 4 * few
    assert megabytes < 50


def test_its_front_is_shown_within_seconds(study: Study, home: Path, cold_cli: Callable[..., Any]) -> None:
    folder = Home(home).study("tiny")
    folder.write({"study": study.tree(), "trials": MANY, "concluded": True, "teacher": {"facts": {
        "validation": {"accuracy": 0.97}, "params": 5000}}})  # fmt: skip
    complete(open_trials(open_journal(folder.journal), study), study, 1)
    one = shown(home, cold_cli)
    record = of(study, folder.path, "random")
    complete(record, study, MANY)
    assert shown(home, cold_cli) - one < 5.0 * MANY / TEN_THOUSAND


def shown(home: Path, cold_cli: Callable[..., Any]) -> float:
    """Return the seconds until it is."""
    before = time.monotonic()
    done = cold_cli("--home", str(home), "study", "show", "tiny", "--json")
    assert json.loads(done.stdout)["knee"] is not None
    return time.monotonic() - before
