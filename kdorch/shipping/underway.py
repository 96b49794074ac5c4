"""A promotion is noted before it begins, so that the next one takes back what a kill has left of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from kdorch.errors import BusyError
from kdorch.shipping.explaining import explained
from kdorch.shipping.intent import Intent, read
from kdorch.shipping.registry import MARK

_PATIENCE = 0.2  # seconds: the doctor takes the lock for a moment


@contextmanager
def underway(note: Path, tracking_uri: str, *, run_id: str, model: str, alias: str | None) -> Iterator[str]:
    """Hold the promotions of a study, and write down the one that is made meanwhile.

    Args:
        note: Where; there is nothing while no promotion is underway, nor was killed.
        tracking_uri: The server or database of the registry.
        run_id: See `Intent`, as for the others.
        model: Name of the registered model.
        alias: To be pointed at the new version.

    Yields:
        The mark of all that it makes.

    Raises:
        BusyError: If another process is promoting a student of this study.
    """
    try:
        lock = FileLock(note.with_suffix(".lock"), timeout=_PATIENCE).acquire()
    except Timeout:
        raise BusyError(
            f"A student of {note.parent.name!r} is being promoted by another process. Wait for it, or end it."
        ) from None
    with lock:
        client = MlflowClient(tracking_uri)
        with explained("What a promotion that was killed has left cannot be taken back"):
            _settle(note, client)
        intent = Intent(uuid4().hex, run_id, model, alias)
        note.write_text(json.dumps(asdict(intent)))
        try:
            yield intent.mark
        finally:
            with suppress(MlflowException):  # the next one will try again
                _settle(note, client)


def _settle(note: Path, client: MlflowClient) -> None:
    intent = read(note)
    if intent:
        _take_back(intent, client)
    note.unlink(missing_ok=True)


def _take_back(intent: Intent, client: MlflowClient) -> None:
    """Remove what a promotion has made, unless it came to its end."""
    versions = client.search_model_versions(f"name = '{intent.model}'")
    own = [version for version in versions if version.tags.get(MARK) == intent.mark]
    if any(_is_finished(version, intent, client) for version in own):
        return
    for version in own:
        client.delete_model_version(intent.model, version.version)
    if len(own) == len(versions):
        for model in client.search_registered_models(f"name = '{intent.model}'"):
            if model.tags.get(MARK) == intent.mark:
                client.delete_registered_model(intent.model)
    experiment = client.get_run(intent.run_id).info.experiment_id
    for logged in client.search_logged_models([experiment], f"source_run_id = '{intent.run_id}'"):
        if logged.tags.get(MARK) == intent.mark:
            client.delete_logged_model(logged.model_id)


def _is_finished(version: ModelVersion, intent: Intent, client: MlflowClient) -> bool:
    """Whether the last step was done: the alias points at the version, or without one, it has its card."""
    if intent.alias is None:
        return bool(version.description)
    aliases = client.get_registered_model(intent.model).aliases  # versions that are searched for have none
    return str(aliases.get(intent.alias)) == str(version.version)
