"""Models in an MLflow registry, and their files."""

from __future__ import annotations

import gc
import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts

import kdorch
from kdorch.errors import reason


def version_of(uri: str, address: str) -> Any:
    """Return what the registry knows of a version.

    Args:
        uri: ``models:/NAME@ALIAS`` or ``models:/NAME/VERSION``.
        address: Of the registry.

    Raises:
        DataError: If there is none, or nobody answers.
    """
    with _explained(uri, address):
        return _version(MlflowClient(address), uri)


def _version(client: Any, uri: str) -> Any:
    name, _, alias = uri.removeprefix("models:/").partition("@")
    if alias:
        return client.get_model_version_by_alias(name, alias)
    return client.get_model_version(*name.rsplit("/", 1))


@contextmanager
def _explained(uri: str, address: str) -> Iterator[None]:
    """Say in one sentence what the registry refused, without its address, which may hold a password."""
    try:
        with warnings.catch_warnings(action="ignore"):  # MLflow meets deprecations of newer libraries
            yield
    except Exception as error:  # noqa: BLE001  every store raises its own
        what = reason(error).replace(address or "\0", "the registry")
        raise kdorch.DataError(f"teacher.uri: {uri} cannot be fetched: {what}") from None


def fetch(uri: str, address: str, folder: str) -> Path:
    """Fetch the files of a version into a folder.

    MLflow itself would look up where they are in the registry of the process, whichever it is given.

    Raises:
        DataError: If they cannot be fetched.
    """
    with _explained(uri, address):
        client = MlflowClient(address)
        version = _version(client, uri)
        source = client.get_model_version_download_uri(version.name, version.version)
        if source.startswith("models:/"):
            source = client.get_logged_model(source.removeprefix("models:/")).artifact_location
        path = download_artifacts(artifact_uri=source, dst_path=folder, tracking_uri=address)
    gc.collect()  # ends the threads it downloads with, which wait for that
    return Path(path)


def zipped(files: Path) -> bytes:
    """Return the files of a folder as one archive."""
    content = io.BytesIO()
    with ZipFile(content, "w") as archive:
        for file in sorted(each for each in files.rglob("*") if each.is_file()):
            archive.write(file, file.relative_to(files))
    return content.getvalue()


def asked(content: bytes) -> Callable[[Any], Any]:
    """Return what asks a model of any flavour, from its zipped files. It may run code of its maker.

    Raises:
        DataError: If it cannot be loaded.
    """
    with TemporaryDirectory() as folder, warnings.catch_warnings(action="ignore"):
        import mlflow.pyfunc

        ZipFile(io.BytesIO(content)).extractall(folder)
        try:
            model = mlflow.pyfunc.load_model(folder)
        except Exception as error:
            raise kdorch.DataError(f"the teacher's model cannot be loaded: {reason(error)}") from error
    return lambda inputs: model.predict(inputs.numpy())
