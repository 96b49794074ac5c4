"""What must hold of every study that came to its end, whatever happened on the way."""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import FrozenTrial, TrialState

import kdorch
from kdorch.search.record import Record
from kdorch.tracking.address import connect
from kdorch.tracking.database import local_uri

sys.path.append(str(Path(__file__).parents[1] / "tracking"))  # for memory_tracker

CONFIRMING = ("confirm", "baseline")


class Whole:
    """Everything that a home knows about one study, read with MLflow's and Optuna's own tools."""

    def __init__(self, home: Path, name: str = "tiny", uri: str | None = None) -> None:
        self.results = kdorch.Results(name, home)
        self.search, self.confirmation = self.results.searched, self.results.confirmations
        self.client = connect(uri or local_uri(home))
        self.experiment = self.client.get_experiment_by_name(name)
        self.runs = list(self.client.search_runs([self.experiment.experiment_id], max_results=1000))
        ledger = home / "ledger.jsonl"
        lines = ledger.read_text().splitlines() if ledger.exists() else []
        self.ledger: list[dict[str, Any]] = [json.loads(line) for line in lines]

    def of_kind(self, *kinds: str) -> list[Any]:
        return [run for run in self.runs if run.data.tags["kdorch.kind"] in kinds]

    def check(self, *, trials: int, confirmed: int) -> None:
        """Check every invariant.

        Args:
            trials: How many trials count.
            confirmed: How many confirmations and baselines are complete.
        """
        assert self.search.counted == trials
        assert len(self.confirmation.complete()) == confirmed
        self._check_phase(self.search, ("trial",))
        self._check_phase(self.confirmation, CONFIRMING)
        assert Counter(run.info.status for run in self.runs)["RUNNING"] == 0
        for kind in ("teacher", "summary"):
            assert [run.info.status for run in self.of_kind(kind)] == ["FINISHED"], kind
        self._check_ledger()
        self._check_models()

    def _check_phase(self, record: Record, kinds: tuple[str, ...]) -> None:
        assert record.trials(TrialState.RUNNING, TrialState.WAITING) == []
        trials = {trial.number: trial for trial in record.trials()}
        finished = {int(run.data.tags["kdorch.trial"]): run for run in self._finished(kinds)}
        assert len(finished) == len(self._finished(kinds)), "a trial has two finished runs"
        assert finished.keys() == {trial.number for trial in record.complete()}
        for number, run in finished.items():
            self._check_trial(trials[number], run)
        for trial in trials.values():
            self._check_retry(trial, trials)
        plans = [
            tuple(trial.user_attrs["plan"].values()) for trial in record.complete() if kinds == CONFIRMING
        ]
        assert len(set(plans)) == len(plans), "a confirmation was done twice"

    def _finished(self, kinds: tuple[str, ...]) -> list[Any]:
        return [run for run in self.of_kind(*kinds) if run.info.status == "FINISHED"]

    def _check_trial(self, trial: FrozenTrial, run: Any) -> None:
        metrics = trial.user_attrs["metrics"]
        logged = {name: value for name, value in run.data.metrics.items() if not name.startswith("epoch/")}
        assert logged == pytest.approx({k: v for k, v in metrics.items() if math.isfinite(v)}, rel=1e-12)
        history = self.client.get_metric_history(run.info.run_id, "epoch/val/accuracy")
        assert [point.step for point in history] == list(range(1, self.results.study.train.epochs + 1))
        assert trial.user_attrs["run_id"] == run.info.run_id
        assert trial.values == [metrics[metric] for metric in self.results.study.objectives]
        path = Path(self.client.download_artifacts(run.info.run_id, "student.safetensors"))
        assert sha256(path.read_bytes()).hexdigest() == trial.user_attrs["weights"]

    def _check_retry(self, trial: FrozenTrial, trials: dict[int, FrozenTrial]) -> None:
        if "retry_of" not in trial.user_attrs:
            return
        first = trials[trial.user_attrs["retry_of"]]
        assert first.state == TrialState.FAIL
        assert first.params.items() <= trial.params.items()
        assert first.user_attrs.get("plan") == trial.user_attrs.get("plan")

    def _check_ledger(self) -> None:
        readings = Counter((entry["data"], entry["weights"]) for entry in self.ledger)
        assert set(readings.values()) <= {1}, "the same weights read the test twice"
        scores = {entry["weights"]: entry["values"] for entry in self.ledger}
        for trial in self.confirmation.complete():
            expected = {f"test/{name}": v for name, v in scores[trial.user_attrs["weights"]].items()}
            assert expected.items() <= trial.user_attrs["metrics"].items()

    def _check_models(self) -> None:
        models = self.client.search_logged_models([self.experiment.experiment_id])
        sources = [model.source_run_id for model in models if model.name.startswith("tiny-trial-")]
        assert len(set(sources)) == len(sources), "a run has two models"
        wanted = {*self.results.front["run_id"], *self.results.confirmed.get("run_id", ())}
        assert set(sources) >= wanted


@pytest.fixture
def whole() -> Callable[..., Whole]:
    """Read everything that a home knows about a study."""
    return Whole


@pytest.fixture
def kill(home: Path, warm: Any, clean: dict[str, str]) -> Callable[..., None]:
    """Run a study in a process that kills itself at a point."""

    def run(point: tuple[str, str, int], file: Path) -> None:
        script = Path(__file__).with_name("killing.py")
        words = (script, *point, "--home", home, "study", "run", file, "--workers", 1)
        done = warm.run(*map(str, words), env=clean)
        assert done.returncode == -9, f"it was not killed:\n{done.stdout}{done.stderr}"

    return run
