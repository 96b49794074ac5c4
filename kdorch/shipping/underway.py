"""A promotion is noted before it begins, so that the next one takes back what a kill has left of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout
from mlflow import MlflowClient
from mlflow.entities import LoggedModel
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from kdorch.shipping.champion import TURN, is_missing, previous_tag, rolled_back_tag
from kdorch.shipping.explaining import explained
from kdorch.shipping.intent import Intent, claim, notes, read
from kdorch.shipping.registry import MARK


@contextmanager
def underway(
    folder: Path, client: MlflowClient, registry: str, *, run_id: str, model: str, alias: str | None
) -> Iterator[str]:
    """Hold a registered model, and write down the promotion that is made meanwhile.

    Args:
        folder: Where the notes of a project's promotions lie; there are none while nothing is underway, nor
            was killed.
        client: Of the registry.
        registry: Where that is, in words.
        run_id: See `Intent`, as for the others.
        model: Name of the registered model.
        alias: To be pointed at the new version.

    Yields:
        The mark of all that it makes.

    Raises:
        BusyError: If another process is promoting as this model.
    """
    with claim(folder, registry, model) as note:
        what = "What a promotion that was killed has left cannot be taken back"
        with explained(what, uri=client.tracking_uri):
            settle(note, client)
            _settle_others(folder, registry, client)
        intent = Intent(uuid4().hex, run_id, model, alias)
        note.write_text(json.dumps(asdict(intent)))
        try:
            yield intent.mark
        finally:
            with suppress(MlflowException):  # the next one will try again
                settle(note, client)


def _settle_others(folder: Path, registry: str, client: MlflowClient) -> None:
    """Do the same with promotions as other models, but for those that go on."""
    for note in notes(folder, registry):
        with suppress(Timeout), FileLock(note.with_suffix(".lock"), timeout=0):
            settle(note, client)


def settle(note: Path, client: MlflowClient) -> None:
    """Take back what the promotion has made that a note tells of, or let it be known that it is through."""
    intent = read(note)
    if intent:
        _take_back(intent, client)
    note.unlink(missing_ok=True)


def _take_back(intent: Intent, client: MlflowClient) -> None:
    """Remove what a promotion has made, unless it came to its end."""
    versions = client.search_model_versions(f"name = '{intent.model}'")
    own = [version for version in versions if version.tags.get(MARK) == intent.mark]
    finished = [version for version in own if _is_finished(version, intent, versions, client)]
    for version in finished:
        if TURN in version.tags:
            client.delete_model_version_tag(intent.model, version.version, TURN)
    if finished:
        return
    for version in own:
        client.delete_model_version(intent.model, version.version)
    if not client.search_model_versions(f"name = '{intent.model}'"):  # nor has anybody else by now
        for model in client.search_registered_models(f"name = '{intent.model}'"):
            if model.tags.get(MARK) == intent.mark:
                client.delete_registered_model(intent.model)
    for logged in _logged(intent.run_id, client):
        if logged.tags.get(MARK) == intent.mark:
            client.delete_logged_model(logged.model_id)


def _logged(run_id: str, client: MlflowClient) -> list[LoggedModel]:
    """Return the models logged beside a run; none if it was deleted for good, and they with it."""
    try:
        experiment = client.get_run(run_id).info.experiment_id
    except MlflowException as error:
        if not is_missing(error):
            raise
        return []
    return list(client.search_logged_models([experiment], f"source_run_id = '{run_id}'"))


def _is_finished(
    version: ModelVersion, intent: Intent, versions: Sequence[ModelVersion], client: MlflowClient
) -> bool:
    """Whether the last step was done: the alias points at the version, or without one, it has its card."""
    if intent.alias is None:
        return bool(version.description)
    previous, ended = previous_tag(intent.alias), rolled_back_tag(intent.alias)
    if ended in version.tags or any(each.tags.get(previous) == str(version.version) for each in versions):
        return True  # it has lost the alias again since
    aliases = client.get_registered_model(intent.model).aliases  # versions that are searched for have none
    return str(aliases.get(intent.alias)) == str(version.version)
