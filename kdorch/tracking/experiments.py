"""Whose experiment it is that has a study's name: ours, or one that runs must not be mixed into."""

from __future__ import annotations

from mlflow import MlflowClient
from mlflow.entities import Experiment
from mlflow.exceptions import MlflowException

from kdorch.errors import TrackingError


def check_usable(experiment: Experiment, study: str, identity: str, location: str | None, uri: str) -> None:
    """Make sure that an experiment is this very study's, and where its files are meant to be.

    Args:
        experiment: The one that has the study's name.
        study: The study's name.
        identity: The study's identity.
        location: Where its files belong, if that is not the server's business.
        uri: The store it is in, as it may be shown.

    Raises:
        TrackingError: With what to do about it.
    """
    number, tags = experiment.experiment_id, experiment.tags
    if experiment.lifecycle_stage == "deleted":
        raise TrackingError(
            f"the MLflow experiment {study!r} was deleted, but its name is in use until it is purged. "
            f"Bring it back with `mlflow experiments restore -x {number}`, remove it for good with "
            f"`mlflow gc --experiment-ids {number}`, or give the study another name."
        )
    rename = (
        f"give that one another name: `MLFLOW_TRACKING_URI={uri} mlflow experiments rename -x {number} "
        f"--new-name {study}-old`"
    )
    if tags.get("kdorch.study") != study:
        raise TrackingError(
            f"the MLflow experiment {study!r} (id {number}) is not a study of ours; runs would be mixed. "
            f"Give the study another name, or {rename}."
        )
    if tags.get("kdorch.identity") != identity:
        raise TrackingError(
            f"the MLflow experiment {study!r} (id {number}) belongs to another study of that name: one of "
            "another project directory, or one whose record was deleted. Runs would be mixed. Give this "
            f"study another name, or {rename}."
        )
    if location is not None and experiment.artifact_location != location:
        raise TrackingError(
            f"the files of the MLflow experiment {study!r} are in {experiment.artifact_location}, not in "
            f"{location}: the project directory was moved or copied. Move it back, or begin a study of "
            "another name here."
        )


def create_or_find(client: MlflowClient, name: str, location: str | None, tags: dict[str, str]) -> Experiment:
    """Try to create an experiment first: between a look and a creation somebody else could create it."""
    try:
        client.create_experiment(name, artifact_location=location, tags=tags)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    return client.get_experiment_by_name(name)
