"""The tracker that writes to MLflow, through its client alone: no active run, no global experiment."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from mlflow.entities import LoggedModel, LoggedModelOutput, LoggedModelStatus, RunTag

from kdorch.stopwatch import part
from kdorch.tracking.address import DATABASES, connect, is_server, masked, public, scheme, shown
from kdorch.tracking.asking import all_runs, explained
from kdorch.tracking.copying import Content, Copier, copier
from kdorch.tracking.database import local_uri, sqlite_uri
from kdorch.tracking.entities import LONGEST_PARAM, dataset_input, metrics_of, params_of, record_of
from kdorch.tracking.experiments import check_usable, create_or_find
from kdorch.tracking.outage import Outage
from kdorch.tracking.protocol import Curves, DatasetRecord, Kind, NewRun, Outcome, Page, RunRecord
from kdorch.tracking.values import STATUS, Point, finite_points, run_tags, table_json, text, texts
from kdorch.tracking.views import link, saved_views

_LONGEST_TAG, _LONGEST_NOTE = 8000, 20000  # characters MLflow stores
_LAST_BATCH = 800  # metrics; MLflow takes 1000 entities in a request, tags included
_SQLITE = "sqlite:///"
_WORKFLOW = "workflowType=machine_learning"  # else the page is about traces
_TABLES_TAG = "mlflow.loggedArtifacts"  # MLflow's page shows as tables what is listed here

_MOMENT: ContextVar[int] = ContextVar("moment")  # of a call, in milliseconds since 1970

P = ParamSpec("P")
R = TypeVar("R")


def open_tracker(home: Path, uri: str | None) -> MlflowTracker:
    """Return the tracker of a project directory.

    Args:
        home: The project directory. Artifacts live in its ``artifacts/``; an ``http`` server decides itself.
        uri: An MLflow server (``http://…``) or database (``postgresql://…``, ``sqlite:///…``); None for
            ``mlflow.db`` in the project directory, which is made if it is not there.

    Raises:
        TrackingError: Nobody answers, or MLflow does not understand the URI. Secrets in the URI are masked.
    """
    artifacts = home.resolve() / "artifacts"
    if uri is None:
        return MlflowTracker(local_uri(home), artifacts)
    if uri.startswith(_SQLITE):
        uri = sqlite_uri(Path(uri.removeprefix(_SQLITE)).resolve())
    return MlflowTracker(uri, artifacts if scheme(uri) in DATABASES else None)


def _explained(
    method: Callable[Concatenate[MlflowTracker, P], R],
) -> Callable[Concatenate[MlflowTracker, P], R]:
    """Ask again while a server is away; turn what MLflow raises into a ``TrackingError`` without secrets."""

    @wraps(method)
    def call(self: MlflowTracker, /, *args: P.args, **kwargs: P.kwargs) -> R:
        moment = _MOMENT.set(int(1000 * time.time()))  # the same for each try: MLflow drops what it has
        try:
            with part("MLflow"), explained(self.uri, f"failed to {method.__name__.lstrip('_')}"):
                return self.outage.endure(lambda: method(self, *args, **kwargs))
        finally:
            _MOMENT.reset(moment)

    return call


class MlflowTracker:
    """A ``Tracker`` over one MLflow store.

    Attributes:
        uri: Where the runs go.
        artifacts: Absolute directory for files, one folder a study; None leaves the place to the server.
        outage: What is done about a server that is away.
    """

    def __init__(self, uri: str, artifacts: Path | None) -> None:
        self.uri = uri
        self.artifacts = artifacts
        self._client = connect(uri)
        self.outage = Outage(shown(uri))
        self._copier: Copier | None = None  # once there is a run to copy
        self._halves: dict[tuple[str, str], str] = {}  # runs that an outage left half begun, by kind and name

    @_explained
    def open(
        self, study: str, note: str, dataset: DatasetRecord, *, identity: str, page: Page | None = None
    ) -> None:
        """See ``Tracker.open``."""
        tags = {
            "mlflow.experimentKind": "custom_model_development",  # else it opens on traces
            "mlflow.note.content": text(note, _LONGEST_NOTE),
            "kdorch.study": study,
            "kdorch.identity": identity,
            **(saved_views(page) if page else {}),
        }
        self._files = self.artifacts / re.sub(r"[^\w-]", "_", study) if self.artifacts else None
        location = self._files.as_uri() if self._files else None
        experiment = create_or_find(self._client, study, location, tags)
        check_usable(experiment, study, identity, location, masked(self.uri, self.uri))
        for key, value in tags.items():
            if experiment.tags.get(key) != value:
                self._client.set_experiment_tag(experiment.experiment_id, key, value)
        self._study, self._identity = study, identity
        self._experiment_id = str(experiment.experiment_id)
        self._dataset = dataset

    @_explained
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
        run_id = self._start(name, kind, trial=trial, params=params, tags=tags, began=began)
        del self._halves[kind, name]
        return run_id

    def _start(
        self,
        name: str,
        kind: Kind,
        *,
        trial: int | None,
        params: Mapping[str, Any],
        tags: Mapping[str, str],
        began: float | None,
    ) -> str:
        """Begin a run, or go on with one that the same call has begun before the server went away."""
        all_tags = {**run_tags(self._study, self._identity, kind, trial), **texts(tags, _LONGEST_TAG)}
        milliseconds = None if began is None else int(1000 * began)
        # The answer to an earlier try may have been lost on its way.
        again, self._halves[kind, name] = (kind, name) in self._halves, self._halves.get((kind, name), "")
        run_id = self._halves[kind, name] or (self._unheard(name) if again else "")
        if not run_id:
            run_id = self._client.create_run(self._experiment_id, milliseconds, all_tags, name).info.run_id
        self._halves[kind, name] = run_id
        if params:
            self._client.log_batch(run_id, params=params_of(params))
        self._client.log_inputs(run_id, datasets=[dataset_input(self._dataset)])
        if place := self._place(run_id):
            place.mkdir(parents=True, exist_ok=True)
        return run_id

    def _unheard(self, name: str) -> str:
        """Return the run of this name that is begun and not ended; empty if there is none."""
        named = f"tags.`mlflow.runName` = '{name}' AND attributes.status = 'RUNNING'"
        wanted = f"tags.`kdorch.identity` = '{self._identity}' AND {named}"
        return next((run.info.run_id for run in all_runs(self._client, [self._experiment_id], wanted)), "")

    @_explained
    def log(
        self, run_id: str, *, curves: Curves, finals: Mapping[str, float], tags: Mapping[str, str]
    ) -> None:
        """See ``Tracker.log``."""
        points, lost = finite_points(curves, finals)
        self._log(run_id, points, {**tags, **lost}, {})

    def _log(
        self, run_id: str, points: Sequence[Point], tags: Mapping[str, str], params: Mapping[str, Any]
    ) -> None:
        """Write it all, the tags last; MLflow stores parameters, numbers and tags one after the other."""
        metrics = metrics_of(points, _MOMENT.get())
        named = [RunTag(*pair) for pair in texts(tags, _LONGEST_TAG).items()]
        if early := metrics[:-_LAST_BATCH]:
            self._client.log_batch(run_id, metrics=early)
        self._client.log_batch(run_id, metrics[-_LAST_BATCH:], params_of(params), named)

    def write(self, runs: Sequence[NewRun]) -> list[str]:
        """See ``Tracker.write``."""
        found: list[str] = []
        while left := runs[len(found) :]:
            found += self._copy(left) or [self._write(left[0])]
        return found

    @_explained
    def _copy(self, runs: Sequence[NewRun]) -> list[str]:
        """Write runs as copies of another one; nothing if the client has to write the first of them."""
        if not self._copier or any((run.kind, run.name) in self._halves for run in runs):
            return []
        contents = []
        for run in runs:
            points, told = self._told(run)
            params = texts(run.params, LONGEST_PARAM)
            contents.append(Content(run.name, run.began or time.time(), params, told, points, run.files))
        return self._copier.write(contents)

    def _told(self, run: NewRun) -> tuple[list[Point], dict[str, str]]:
        """Return the numbers of a run and its tags, as they are stored."""
        points, lost = finite_points(run.curves, run.finals)
        own = run_tags(self._study, self._identity, run.kind, run.trial)
        return points, texts({**own, **run.tags, **lost}, _LONGEST_TAG)

    @_explained
    def _write(self, run: NewRun) -> str:
        points, told = self._told(run)
        run_id = self._start(run.name, run.kind, trial=run.trial, params={}, tags=told, began=run.began)
        self._copier = self._copier or copier(self._client, run_id, told, self._files)
        for file in run.files:
            self._upload(run_id, file)
        self._log(run_id, points, {}, run.params)
        del self._halves[run.kind, run.name]
        return run_id

    @_explained
    def upload(self, run_id: str, file: Path, folder: str = "") -> None:
        """See ``Tracker.upload``."""
        self._upload(run_id, file, folder)

    def _upload(self, run_id: str, file: Path, folder: str = "") -> None:
        place = self._place(run_id)
        if place is None or not place.exists():
            self._client.log_artifact(run_id, str(file), folder or None)
            return
        # MLflow would read the whole run to find the place where it is known.
        (place / folder).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place / folder / file.name)

    def _place(self, run_id: str) -> Path | None:
        """Return where a run's files lie, if that is on this machine."""
        return self._files / run_id / "artifacts" if self._files else None

    @_explained
    def table(self, run_id: str, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """See ``Tracker.table``. MLflow's own ``log_table`` would append to the table of an earlier call."""
        path = f"{name}.json"
        self._client.log_text(run_id, table_json(rows), path)
        listed = json.loads(self._client.get_run(run_id).data.tags.get(_TABLES_TAG, "[]"))
        entry = {"path": path, "type": "table"}
        if entry not in listed:
            self._client.set_tag(run_id, _TABLES_TAG, json.dumps([*listed, entry]))

    @_explained
    def end(self, outcomes: Mapping[str, Outcome]) -> None:
        """See ``Tracker.end``."""
        left = {run_id: STATUS[outcome] for run_id, outcome in outcomes.items()}
        for run_id, status in (self._copier.end(left) if self._copier else left).items():
            self._client.set_terminated(run_id, status)

    @_explained
    def runs(self, *, settled: bool = True) -> list[RunRecord]:
        """See ``Tracker.runs``."""
        mine = f"tags.`kdorch.identity` = '{self._identity}'"  # others may add runs by hand
        searched = [f"tags.`kdorch.kind` = '{kind}'" for kind in ("trial", "scratch")]
        others = " AND ".join(each.replace("=", "!=") for each in searched)
        unsettled = (others, *(f"{each} AND attributes.status = 'RUNNING'" for each in searched))
        wanted = [mine] if settled else [f"{mine} AND {each}" for each in unsettled]
        return [
            record_of(run) for each in wanted for run in all_runs(self._client, [self._experiment_id], each)
        ]

    @_explained
    def link_model(
        self, run_id: str, name: str, params: Mapping[str, Any], metrics: Mapping[str, float]
    ) -> str:
        """See ``Tracker.link_model``."""
        here = f"source_run_id = '{run_id}' AND name = '{name}'"
        known = self._client.search_logged_models([self._experiment_id], here)
        model = known[0] if known else self._create_model(run_id, name, params)
        if model.status != LoggedModelStatus.READY:
            points, _ = finite_points({}, metrics)
            link = {
                "model_id": model.model_id,
                "dataset_name": self._dataset.name,
                "dataset_digest": self._dataset.digest,
                "run_id": run_id,
            }
            self._client.log_batch(run_id, metrics=metrics_of(points, _MOMENT.get(), **link))
            self._client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
        if not (known and self._shows(run_id, model.model_id)):
            self._client.log_outputs(run_id, [LoggedModelOutput(model.model_id, step=0)])
        return str(model.model_id)

    def _create_model(self, run_id: str, name: str, params: Mapping[str, Any]) -> LoggedModel:
        return self._client.create_logged_model(
            self._experiment_id, name=name, source_run_id=run_id, params=texts(params, LONGEST_PARAM)
        )

    def _shows(self, run_id: str, model_id: str) -> bool:
        """Whether a model stands among the outputs of its run; to put it there twice is an error."""
        outputs = self._client.get_run(run_id).outputs
        return model_id in [output.model_id for output in outputs.model_outputs]

    def url(self, base: str | None = None, *, run_id: str | None = None, charts: bool = False) -> str | None:
        """See ``Tracker.url``."""
        if base is None and not is_server(self.uri):
            return None
        page = f"runs/{run_id}" if run_id else "runs"
        view = "" if run_id else link(charts=charts)
        return f"{public(base or self.uri)}/#/experiments/{self._experiment_id}/{page}?{_WORKFLOW}{view}"
