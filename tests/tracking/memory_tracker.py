"""A tracker in a dictionary, for tests of what stands above one; the contract keeps it true to MLflow's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kdorch.errors import TrackingError
from kdorch.tracking.outage import Outage
from kdorch.tracking.protocol import Curves, DatasetRecord, Kind, NewRun, Outcome, Page, RunRecord
from kdorch.tracking.values import STATUS, finite_points, run_tags


@dataclass
class MemoryTracker:
    """Keeps everything, for as long as the process lives.

    Attributes:
        study: Name of the study that is open.
        identity: Its identity.
        note: Its note.
        dataset: Its dataset.
        params: By run id.
        files: Uploaded files by run id, as ``folder/name``.
        tables: Rows by run id and name.
        models: Name, run id, params and metrics by model id.
        outage: Never one.
    """

    study: str = ""
    identity: str = ""
    note: str = ""
    dataset: DatasetRecord | None = None
    params: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    tables: dict[str, dict[str, list[dict[str, Any]]]] = field(default_factory=dict)
    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    outage: Outage = field(default_factory=lambda: Outage("memory"))
    _runs: dict[str, RunRecord] = field(default_factory=dict)

    def open(
        self, study: str, note: str, dataset: DatasetRecord, *, identity: str, page: Page | None = None
    ) -> None:
        """See ``Tracker.open``."""
        self.study, self.note, self.dataset, self.identity = study, note, dataset, identity

    def start(
        self,
        name: str,
        kind: Kind,
        *,
        trial: int | None,
        params: Mapping[str, Any],
        tags: Mapping[str, str],
        began: float | None = None,
    ) -> str:
        """See ``Tracker.start``."""
        return self._begin(name, kind, trial, params, tags)

    def _begin(
        self, name: str, kind: Kind, trial: int | None, params: Mapping[str, Any], tags: Mapping[str, str]
    ) -> str:
        run_id = f"run-{len(self._runs)}"
        own = run_tags(self.study, self.identity, kind, trial)
        self._runs[run_id] = RunRecord(
            run_id, kind, trial, "RUNNING", {**own, **tags, "mlflow.runName": name}, {}
        )
        self.params[run_id] = dict(params)
        return run_id

    def log(
        self,
        run_id: str,
        *,
        curves: Curves,
        finals: Mapping[str, float],
        tags: Mapping[str, str],
    ) -> None:
        """See ``Tracker.log``."""
        points, lost = finite_points(curves, finals)
        run = self._run(run_id)
        run.metrics.update({point.name: point.value for point in points})
        run.tags.update({**tags, **lost})

    def write(self, runs: Sequence[NewRun]) -> list[str]:
        """See ``Tracker.write``."""
        return list(map(self._write, runs))

    def _write(self, run: NewRun) -> str:
        run_id = self._begin(run.name, run.kind, run.trial, run.params, run.tags)
        for file in run.files:
            self.upload(run_id, file)
        self.log(run_id, curves=run.curves, finals=run.finals, tags={})
        return run_id

    def upload(self, run_id: str, file: Path, folder: str = "") -> None:
        """See ``Tracker.upload``."""
        path = f"{folder}/{file.name}" if folder else file.name
        self.files.setdefault(self._run(run_id).run_id, {})[path] = file.read_bytes()

    def table(self, run_id: str, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """See ``Tracker.table``."""
        self.tables.setdefault(self._run(run_id).run_id, {})[name] = [dict(row) for row in rows]

    def end(self, outcomes: Mapping[str, Outcome]) -> None:
        """See ``Tracker.end``."""
        for run_id, outcome in outcomes.items():
            self._runs[run_id] = replace(self._run(run_id), status=STATUS[outcome])

    def runs(self, *, settled: bool = True) -> list[RunRecord]:
        """See ``Tracker.runs``."""
        mine = [run for run in self._runs.values() if run.tags["kdorch.identity"] == self.identity]
        return [
            run for run in mine if settled or run.kind not in ("trial", "scratch") or run.status == "RUNNING"
        ]

    def link_model(
        self, run_id: str, name: str, params: Mapping[str, Any], metrics: Mapping[str, float]
    ) -> str:
        """See ``Tracker.link_model``."""
        run = self._run(run_id).run_id
        known = [each for each, made in self.models.items() if (made["run_id"], made["name"]) == (run, name)]
        model_id = known[0] if known else f"model-{len(self.models)}"
        self.models[model_id] = {
            "name": name,
            "run_id": run,
            "params": dict(params),
            "metrics": dict(metrics),
        }
        return model_id

    def url(self, base: str | None = None, *, run_id: str | None = None, charts: bool = False) -> str | None:
        """See ``Tracker.url``; there is never anything to look at."""
        return None

    def _run(self, run_id: str) -> RunRecord:
        if run_id not in self._runs:
            raise TrackingError(f"no run has the id {run_id!r}. Use the id that `start` returned.")
        return self._runs[run_id]
