"""Trials that hang, crash, leak, flood, raise or change the process they run in hurt nobody but themselves."""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import FrozenTrial, TrialState

import kdorch
from kdorch.execution.logs import LONGEST
from kdorch.search.observer import Observer
from kdorch.tracking.address import connect
from kdorch.tracking.database import local_uri

sys.path.append(str(Path(__file__).parent))

from rogues import CHANGING, DEADLY, FAILING, MISDEEDS, flood

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
EPOCHS = 14  # of 17 steps: the misdeeds are at step 200


class Ear(Observer):
    def __init__(self) -> None:
        self.heard: list[str] = []

    def say(self, text: str) -> None:
        self.heard.append(text)


@pytest.fixture
def run(home: Path, tree: Callable[..., dict[str, Any]]) -> Callable[..., list[str]]:
    """Run a study of networks that may be rogues; return what was said."""

    def begin(name: str, *, trials: int, workers: int = 1, search: Any = None, **args: Any) -> list[str]:
        study = tree(
            name=name,
            student={"use": "module", "target": "rogues:Net", "args": {"ticket": 0} | args},
            tune={"student.args.ticket": {"low": 0, "high": 2**30}},
            train={"epochs": EPOCHS},
            search={"trials": trials, "sampler": "random"} | (search or {}),
            confirm={"top": 0},
        )
        ear = Ear()
        kdorch.run(kdorch.Study(**study), home=home, workers=workers, observer=ear, folders=[HERE])
        return ear.heard

    return begin


def by_ticket(home: Path, name: str) -> dict[int, list[FrozenTrial]]:
    """Return the tries of each trial, in order."""
    found: dict[int, list[FrozenTrial]] = defaultdict(list)
    for trial in kdorch.Results(name, home).searched.trials():
        found[trial.params["student.args.ticket"]].append(trial)
    return found


def reference(run: Callable[..., list[str]], home: Path) -> str:
    """Return the digest of the weights that everybody has who behaves: all start and learn alike."""
    run("sound", trials=1)
    [[trial]] = by_ticket(home, "sound").values()
    return str(trial.user_attrs["weights"])


def deeds(folder: Path, *names: str) -> Path:
    """Return a directory in which a deed is asked for once each; behind each of them somebody behaves."""
    book = folder / "book"
    book.mkdir()
    (book / "deeds").write_text("\n\n".join(names))
    return book


def test_rogues_hurt_nobody_else(run: Any, home: Path, tmp_path: Path) -> None:
    expected = reference(run, home)
    trials, book = 2 * len(MISDEEDS), deeds(tmp_path, *MISDEEDS)
    heard = run("rogues", trials=trials, workers=2, search={"memory": "1GB", "stack": 3}, book=str(book))

    tickets = by_ticket(home, "rogues")
    assert len(tickets) == trials
    did = {ticket: (book / str(ticket)).read_text() for ticket in tickets}
    assert sorted(filter(None, did.values())) == sorted(MISDEEDS)
    for ticket, tries in tickets.items():
        states = [trial.state for trial in tries]
        reasons = [trial.user_attrs.get("reason", "") for trial in tries]
        deed = MISDEEDS.get(did[ticket])
        told = f"{did[ticket] or 'healthy'}: {states} {reasons}"
        if deed is None or deed is flood:
            assert states == [TrialState.COMPLETE], told
            assert tries[0].user_attrs["weights"] == expected, told
        elif deed in CHANGING:
            assert states == [TrialState.COMPLETE], told
        elif deed in FAILING:
            assert states == [TrialState.FAIL], told
            assert FAILING[deed] in reasons[0], told
        else:
            assert states == [TrialState.FAIL] * 3, told
            assert all(DEADLY[deed] in reason for reason in reasons), told
            assert "tried 3 times" in reasons[2], told
    assert len([line for line in heard if line.endswith("given up")]) == len(DEADLY)
    check_runs(home)
    logs = list((home / "studies" / "rogues" / "logs").iterdir())
    assert max(log.stat().st_size for log in logs) <= LONGEST
    assert any(b"[...]" in log.read_bytes() for log in logs)
    for pid in map(int, (book / "children").read_text().split()):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_trial_that_hangs_is_ended_and_the_others_go_on(run: Any, home: Path, tmp_path: Path) -> None:
    expected = reference(run, home)
    book = deeds(tmp_path, "hang")
    run("hanging", trials=3, workers=2, search={"deadline": 15, "stack": 1}, book=str(book))
    told = sorted(
        (trial.state.name, trial.user_attrs.get("reason") or trial.user_attrs["weights"])
        for [trial] in by_ticket(home, "hanging").values()
    )
    assert told[:2] == [("COMPLETE", expected)] * 2
    assert told[2][0] == "FAIL"
    assert told[2][1].startswith("search.deadline: exceeded its deadline of 15 s")


def check_runs(home: Path) -> None:
    """Check that each complete trial has one finished run with its metrics, and no run goes on."""
    client = connect(local_uri(home))
    experiment = client.get_experiment_by_name("rogues").experiment_id
    runs = [
        run
        for run in client.search_runs([experiment], max_results=1000)
        if run.data.tags["kdorch.kind"] == "trial"
    ]
    finished = {
        int(run.data.tags["kdorch.trial"]): run.data.metrics for run in runs if run.info.status == "FINISHED"
    }
    complete = {trial.number: trial for trial in kdorch.Results("rogues", home).searched.complete()}
    assert finished.keys() == complete.keys()
    for number, metrics in finished.items():
        assert complete[number].user_attrs["metrics"].items() <= metrics.items()
    assert {run.info.status for run in runs} == {"FINISHED", "FAILED"}


def test_a_study_whose_every_trial_fails_stops_and_shows_why(run: Any, home: Path) -> None:
    for attempt in (1, 2):
        with pytest.raises(kdorch.KdorchError) as caught:
            run("hopeless", trials=12, only="refuse")
        told = str(caught.value)
        assert told.startswith("No trial of 'hopeless' came to an end. ")
        assert f"All {5 * attempt} failed alike, the last one" in told
        assert "LookupError: something is missing" in told
        assert told.endswith("Once the cause is mended, run the study again.")
        assert kdorch.Results("hopeless", home).searched.counted == 5 * attempt
