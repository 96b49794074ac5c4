"""MLflow's logged models and registry, and a mark on all that a promotion makes there."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from tempfile import TemporaryDirectory

import mlflow
from mlflow import MlflowClient
from mlflow.entities import LoggedModel, LoggedModelOutput, LoggedModelStatus
from mlflow.exceptions import MlflowException
from mlflow.models import Model

from kdorch.shipping.champion import take

_TRACKING_URI = "MLFLOW_TRACKING_URI"
MARK = "kdorch.promotion"  # on all that one promotion makes, from the moment that it is there
CARD_FILE = "card.md"
_DESCRIPTION_LENGTH = 5000  # the registry's column; servers on PostgreSQL and MySQL enforce it


class Registry:
    """Logs, registers and names models on one MLflow server.

    Args:
        tracking_uri: The server or database.
        mark: By which `underway` knows what was made here, to take it back.
    """

    def __init__(self, tracking_uri: str, mark: str) -> None:
        self.tracking_uri = tracking_uri
        self._mark = {MARK: mark}
        self.client = MlflowClient(tracking_uri)

    def log_model(self, model: Model, folder: Path, run_id: str) -> str:
        """Upload a saved model as a logged model of a run.

        Args:
            model: What MLflow knows of it; gains its identity.
            folder: Its files.
            run_id: The run it belongs to.

        Returns:
            The logged model's id.
        """
        experiment_id = self.client.get_run(run_id).info.experiment_id
        logged = self.client.create_logged_model(
            experiment_id, name="student", source_run_id=run_id, tags=self._mark
        )
        _identify(model, logged, run_id)
        model.save(folder / "MLmodel")
        self.client.log_model_artifacts(logged.model_id, str(folder))
        self.client.finalize_logged_model(logged.model_id, LoggedModelStatus.READY)
        return str(logged.model_id)

    def register(self, name: str, model_id: str, tags: Mapping[str, str]) -> int:
        """Register a logged model as the next version of ``name``, which is made if it does not exist.

        Returns:
            The version, from 1.
        """
        self._make_sure_of(name)
        # MLflow reports on stderr whatever we set; its words would tear the caller's progress display.
        with _fluent_tracking_uri(self.tracking_uri), redirect_stderr(io.StringIO()):
            made = mlflow.register_model(f"models:/{model_id}", name, tags={**tags, **self._mark})
        return int(made.version)

    def describe(self, name: str, version: int, model_id: str, text: str) -> None:
        """Put markdown on a version, as much as every registry can hold, and all of it beside its model."""
        with TemporaryDirectory() as folder:
            file = Path(folder, CARD_FILE)
            file.write_text(text, encoding="utf-8")
            self.client.log_model_artifact(model_id, str(file))
        if len(text) > _DESCRIPTION_LENGTH:
            ending = f"\n\n… (shortened; `{CARD_FILE}` beside the model is the whole page)"
            text = text[: _DESCRIPTION_LENGTH - len(ending)] + ending
        self.client.update_model_version(name, str(version), text)

    def link(self, run_id: str, model_id: str) -> None:
        """Show the logged model among the outputs of its run. MLflow has no way to take this back."""
        self.client.log_outputs(run_id, [LoggedModelOutput(model_id, step=0)])

    def point(self, alias: str, name: str, version: int, compared: int | None) -> None:
        """Point an alias at a version, taking it from the one that it was compared with; see `take`."""
        take(self.client, alias, name, version, compared)

    def _make_sure_of(self, name: str) -> None:
        try:
            about = "A distilled student; see its versions."
            self.client.create_registered_model(name, tags=self._mark, description=about)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise


def _identify(model: Model, logged: LoggedModel, run_id: str) -> None:
    model.model_id = model.model_uuid = logged.model_id
    model.run_id = run_id
    model.artifact_path = logged.artifact_location


@contextmanager
def _fluent_tracking_uri(uri: str) -> Iterator[None]:
    """Point MLflow's process-wide tracking URI at ``uri``, then put back exactly what was there.

    A local store resolves the source of a new version through the process-wide URI, whatever URI the client
    was given. MLflow keeps that URI in a variable and in the environment: both are restored.
    """
    if mlflow.get_tracking_uri() == uri:
        yield
        return
    environment = os.environ.pop(_TRACKING_URI, None)
    previous = mlflow.get_tracking_uri() if mlflow.tracking.is_tracking_uri_set() else None
    try:
        mlflow.set_tracking_uri(uri)
        yield
    finally:
        mlflow.set_tracking_uri(previous)
        os.environ.pop(_TRACKING_URI, None)
        if environment is not None:
            os.environ[_TRACKING_URI] = environment
