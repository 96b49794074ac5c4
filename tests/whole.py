"""What must hold of every study that came to its end, whatever happened on the way."""

from __future__ import annotations

import json
import math
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from optuna.trial import FrozenTrial, TrialState

import kdorch
from kdorch.search.ledger import Ledger
from kdorch.search.record import Record
from kdorch.tracking.address import connect
from kdorch.tracking.database import local_uri

CONFIRMING = ("confirm", "baseline")
# What may lie in a home when nobody runs a study; locks stay, as nobody can remove one without a race.
HOME = {
    "artifacts",
    "ledger",
    "ledger.jsonl",
    "ledger.lock",
    "mlflow.db",
    "mlflow.db.lock",
    "promotions",
    "server.log",
    "store",
    "studies",
}
HOME |= {"mlflow.db-shm", "mlflow.db-wal"}  # SQLite's own: what a killed process had written is in the latter
FOLDER = {"study.json", "optuna.journal", "optuna.journal.lock", "lock", "logs", "spool"}


class Whole:
    """Everything that a home knows about one study, read with MLflow's and Optuna's own tools."""

    def __init__(self, home: Path, name: str = "tiny", uri: str | None = None) -> None:
        self.results = kdorch.Results(name, home)
        self.search, self.confirmation = self.results.searched, self.results.confirmations
        self.scratch = self.results.scratched
        self.client = connect(uri or local_uri(home))
        self.experiment = self.client.get_experiment_by_name(name)
        self.runs = list(self.client.search_runs([self.experiment.experiment_id], max_results=1000))
        ledger = home / "ledger.jsonl"
        lines = ledger.read_text().splitlines() if ledger.exists() else []
        self.ledger: list[dict[str, Any]] = [json.loads(line) for line in lines]

    def of_kind(self, *kinds: str) -> list[Any]:
        return [run for run in self.runs if run.data.tags["kdorch.kind"] in kinds]

    def check(self, *, trials: int, confirmed: int, scratch: int = 0, called_off: bool = False) -> None:
        """Check every invariant.

        Args:
            trials: How many trials count.
            confirmed: How many confirmations and baselines are complete.
            scratch: How many trials without the teacher count.
            called_off: Whether somebody stopped the study: what was interrupted is no attempt then.
        """
        assert self.search.counted == trials
        assert len(self.confirmation.complete()) == confirmed
        self._check_phase(self.search, ("trial",), called_off)
        assert (self.scratch.counted if self.scratch else 0) == scratch
        if self.scratch:
            self._check_phase(self.scratch, ("scratch",), called_off)
        self._check_phase(self.confirmation, CONFIRMING, called_off)
        assert Counter(run.info.status for run in self.runs)["RUNNING"] == 0
        for kind in ("teacher", "summary"):
            assert [run.info.status for run in self.of_kind(kind)] == ["FINISHED"], kind
        self._check_ledger()
        self._check_models()
        self._check_leftovers()

    @staticmethod
    def repeated(record: Record) -> int:
        """Return how many trials were done again."""
        return sum("retry_of" in trial.user_attrs for trial in record.trials())

    @staticmethod
    def given_up(record: Record) -> int:
        """Return how many trials were not done again."""
        return sum("superseded" not in trial.user_attrs for trial in record.trials(TrialState.FAIL))

    def _check_phase(self, record: Record, kinds: tuple[str, ...], called_off: bool) -> None:
        assert record.trials(TrialState.RUNNING, TrialState.WAITING) == []
        trials = {trial.number: trial for trial in record.trials()}
        finished = {int(run.data.tags["kdorch.trial"]): run for run in self._ended(kinds, "FINISHED")}
        assert len(finished) == len(self._ended(kinds, "FINISHED")), "a trial has two finished runs"
        assert finished.keys() == {trial.number for trial in record.complete()}
        for number, run in finished.items():
            self._check_trial(trials[number], run)
        self._check_retries(trials, called_off)
        plans = [
            tuple(trial.user_attrs["plan"].values()) for trial in record.complete() if kinds == CONFIRMING
        ]
        assert len(set(plans)) == len(plans), "a confirmation was done twice"
        pruned = {trial.user_attrs["run_id"] for trial in record.pruned()}
        assert pruned == {run.info.run_id for run in self._ended(kinds, "KILLED")}

    def _ended(self, kinds: tuple[str, ...], status: str) -> list[Any]:
        return [run for run in self.of_kind(*kinds) if run.info.status == status]

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

    def _check_retries(self, trials: dict[int, FrozenTrial], called_off: bool) -> None:
        """Check that what was interrupted was done again, once, with the same parameters, and counted."""
        again = {t.user_attrs["retry_of"]: t for t in trials.values() if "retry_of" in t.user_attrs}
        assert len(again) == sum("retry_of" in trial.user_attrs for trial in trials.values())
        for number, trial in again.items():
            first = trials[number]
            assert first.state == TrialState.FAIL
            assert first.params.items() <= trial.params.items()
            assert first.user_attrs.get("plan") == trial.user_attrs.get("plan")
            before = first.user_attrs.get("attempt", 1)
            assert called_off or trial.user_attrs["attempt"] == before + 1
        for number, trial in trials.items():
            superseded = "superseded" in trial.user_attrs
            assert superseded == (number in again) or not (trial.params or "plan" in trial.user_attrs)

    def _check_ledger(self) -> None:
        readings = Counter((entry["data"], entry["weights"]) for entry in self.ledger)
        assert set(readings.values()) <= {1}, "the same weights read the test twice"
        scores = {entry["weights"]: entry["values"] for entry in self.ledger}
        for trial in self.confirmation.complete():
            expected = {f"test/{name}": v for name, v in scores[trial.user_attrs["weights"]].items()}
            assert expected.items() <= trial.user_attrs["metrics"].items()
        data, name = self.results.record["data"]["digest"], self.results.test_score.removeprefix("test/")
        for trial in self.confirmation.complete():
            weights = trial.user_attrs["weights"]
            rows = Ledger(self.results.home.ledger).rows(data, weights)[name]
            assert rows.mean() == pytest.approx(scores[weights][name], abs=1e-6)

    def _check_models(self) -> None:
        models = self.client.search_logged_models([self.experiment.experiment_id])
        ours = [model for model in models if model.name.startswith(f"{self.results.name}-trial-")]
        sources = [model.source_run_id for model in ours]
        assert len(set(sources)) == len(sources), "a run has two models"
        wanted = {*self.results.front["run_id"], *self.results.confirmed.get("run_id", ())}
        assert set(sources) >= wanted
        assert {str(model.status) for model in ours} <= {"READY"}, "a model was left half-made"

    def _check_leftovers(self) -> None:
        """Check that nothing is left that somebody would have to clear away."""
        home, folder = self.results.home.path, self.results.folder.path
        assert {path.name for path in home.iterdir()} <= HOME
        # A torn journal is mended, and its copy stays for whoever wants it.
        assert {path.name.partition(".backup-")[0] for path in folder.iterdir()} - FOLDER == set()
        assert not [*folder.glob("spool/*")]
        for entry in home.glob("store/*/*"):
            assert entry.suffix == ".lock" or (entry / "manifest.json").exists(), f"{entry} is half-made"
            assert entry.suffix != ".partial"
