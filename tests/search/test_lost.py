"""Workers that die, losses that are not numbers, and proposals that are too large: in whole studies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import TrialState

import kdorch
from kdorch.search.observer import Observer

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent


class Ear(Observer):
    def __init__(self) -> None:
        self.heard: list[str] = []

    def say(self, text: str) -> None:
        self.heard.append(text)


@pytest.fixture
def run(home: Path, tree: Callable[..., dict[str, Any]]) -> Callable[..., list[str]]:
    """Run a study of mortal networks; return what was said."""

    def begin(
        *,
        trials: int = 8,
        workers: int = 1,
        widths: tuple[int, ...] = (8, 10, 13),
        stack: int = 1,
        **args: Any,
    ) -> list[str]:
        study = tree(
            student={"use": "module", "target": "mortal:Net", "args": {"width": 8} | args},
            tune={"student.args.width": widths, "train.lr": {"low": 5e-3, "high": 3e-2}},
            search={"trials": trials, "sampler": "random", "stack": stack},
        )
        ear = Ear()
        kdorch.run(kdorch.Study(**study), home=home, workers=workers, observer=ear, folders=[HERE])
        return ear.heard

    return begin


def unlucky(found: Any) -> list[Any]:
    return [t for t in found.search.trials() if t.params.get("student.args.width") == 13]


def test_a_trial_whose_worker_dies_is_done_again(run: Any, whole: Any, home: Path, tmp_path: Path) -> None:
    heard = run(mark=str(tmp_path / "mark"), workers=2)
    found = whole(home)
    found.check(trials=8, confirmed=2)
    lost, *others = sorted(unlucky(found), key=lambda trial: trial.state != TrialState.FAIL)
    assert lost.state == TrialState.FAIL
    assert "exited with code 3" in lost.user_attrs["reason"]
    again = next(trial for trial in others if trial.user_attrs.get("retry_of") == lost.number)
    assert again.state == TrialState.COMPLETE
    assert again.params == lost.params
    tags = {run.data.tags["kdorch.trial"]: run.data.tags for run in found.of_kind("trial")}
    assert tags[str(again.number)]["kdorch.attempt"] == "2"
    assert "exited with code 3" in tags[str(lost.number)]["kdorch.reason"]
    assert [line for line in heard if "was lost" in line and "tried again" in line]


@pytest.mark.parametrize("stack", [1, 4])
def test_a_trial_that_always_takes_its_worker_down_is_given_up(
    run: Any, whole: Any, home: Path, stack: int
) -> None:
    heard = run(stack=stack)  # of those that share its job, nobody is to blame
    found = whole(home)
    found.check(trials=8, confirmed=2)
    tried = unlucky(found)
    assert {trial.state for trial in tried} == {TrialState.FAIL}
    given_up = [trial for trial in tried if "tried 3 times" in trial.user_attrs["reason"]]
    assert len(given_up) == len(tried) / 3 >= 1
    assert len([line for line in heard if line.endswith("given up")]) == len(given_up)
    assert len(found.search.complete()) == 8 - len(given_up)


@pytest.mark.parametrize("stack", [1, 4])
def test_numbers_that_are_none_fail_the_trial_with_the_reason(
    run: Any, whole: Any, home: Path, stack: int
) -> None:
    run(nan=True, stack=stack)
    found = whole(home)
    found.check(trials=8, confirmed=2)
    failed = unlucky(found)
    assert failed
    for trial in failed:
        assert trial.state == TrialState.FAIL
        assert "diverged in epoch 1" in trial.user_attrs["reason"]
    runs = {run.data.tags["kdorch.trial"]: run for run in found.of_kind("trial")}
    for trial in failed:
        assert runs[str(trial.number)].info.status == "FAILED"
        assert "diverged in epoch 1" in runs[str(trial.number)].data.tags["kdorch.reason"]


def test_a_study_without_any_result_says_why_and_may_be_mended(run: Any, whole: Any, home: Path) -> None:
    for attempt in (1, 2):
        with pytest.raises(kdorch.KdorchError, match=r"No trial of 'tiny' came to an end\. .*diverged"):
            run(nan=True, trials=2, widths=(13,))
        assert len(whole(home).of_kind("trial")) == 2 * attempt  # tried again, as the cause may be outside
    run(trials=2, widths=(8, 10))
    found = whole(home)
    found.check(trials=2, confirmed=2)
    assert [run.info.status for run in found.of_kind("trial")].count("FAILED") == 4
    failed = next(run for run in found.of_kind("trial") if run.info.status == "FAILED")
    told = Path(found.client.download_artifacts(failed.info.run_id, "traceback.txt")).read_text()
    assert "TrainingError" in told
    assert "kdorch/training/loop.py" in told
    with pytest.raises(kdorch.StudyError, match="student"):  # now there are results
        run(trials=2, widths=(8, 10), more=1)


def test_proposals_beyond_a_limit_are_refused_untrained(
    home: Path, whole: Any, tree: Callable[..., dict[str, Any]]
) -> None:
    # Widths 4 to 24 make 310 to 1,810 parameters: few fit.
    study = tree(limits={"size/params": 460}, search={"trials": 2, "sampler": "random"})
    ear = Ear()
    results = kdorch.run(kdorch.Study(**study), home=home, workers=2, observer=ear)
    found = whole(home)
    found.check(trials=2, confirmed=2)
    refused = found.search.trials(TrialState.PRUNED)
    assert len(refused) == found.search.infeasible >= 1
    for trial in refused:
        assert trial.constraints["size/params"] > 0
        assert trial.user_attrs["infeasible"] == trial.constraints
    assert len(found.of_kind("trial")) == 2
    assert results.trials["size/params"].max() <= 460


def test_a_search_without_room_stops_and_says_so(home: Path, tree: Callable[..., dict[str, Any]]) -> None:
    ear = Ear()
    study = kdorch.Study(**tree(limits={"size/params": 100}, search={"trials": 1, "sampler": "random"}))
    with pytest.raises(kdorch.KdorchError, match="broke a limit"):
        kdorch.run(study, home=home, workers=1, observer=ear)
    assert (
        "stopped early: 10 proposals broke a limit before training. Relax limits, or narrow tune."
        in ear.heard
    )
