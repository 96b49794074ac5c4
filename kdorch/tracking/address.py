"""Tracking URIs: who answers there, and what may be shown of them."""

from __future__ import annotations

import logging
import os
import re
import socket
import warnings
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from kdorch.errors import TrackingError

if TYPE_CHECKING:
    from mlflow import MlflowClient

DATABASES = {"sqlite": 0, "postgresql": 5432, "mysql": 3306, "mssql": 1433}
"""Database schemes that MLflow speaks, and their usual ports."""

_PATIENCE = 5.0  # seconds; MLflow alone would retry for minutes
_RETRIES = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"
_OF_SQLITE = re.compile(r"\(sqlite3\.\w+\) ([^\n]*)")
_SECRETS = (
    re.compile(r"^[^:/]+://[^:@/]*:(.*)@"),  # a password up to the last @: drivers accept / and @ in it
    re.compile(r"^[^:/]+://[^:@/]*:([^@/]*)@"),  # up to the first, as others read it
    re.compile(r"^[^:/]+://([^:@/]+)@"),  # a token in the place of the user
    re.compile(r"[?&][^=&]*(?:pass|pwd|secret|token|key|sig)[^=&]*=([^&]+)", re.IGNORECASE),
)


def scheme(uri: str) -> str:
    """Return ``postgresql`` for ``postgresql+psycopg2://…``; empty for a path."""
    return uri.partition(":")[0].partition("+")[0].lower() if ":" in uri else ""


def is_server(uri: str) -> bool:
    """Say whether ``uri`` names an MLflow server, which then decides where artifacts live."""
    return scheme(uri) in {"http", "https"}


def masked(message: str, uri: str) -> str:
    """Return ``message`` with every secret of ``uri`` replaced by ``***``."""
    for secret in sorted(_secrets(uri), key=len, reverse=True):
        message = message.replace(secret, "***")
    return message


def _secrets(uri: str) -> set[str]:
    """Return what must not be shown, as written and percent-decoded."""
    found = [secret for pattern in _SECRETS for secret in pattern.findall(uri)]
    return {form for secret in found for form in (secret, unquote(secret)) if form}


def public(uri: str) -> str:
    """Return the address of a server without user and secrets, for a link."""
    try:
        parts = urlsplit(uri)
    except ValueError:  # no address at all, which is told once somebody connects
        return masked(uri, uri)
    return masked(parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl(), uri).rstrip("/")


def shown(uri: str) -> str:
    """Return where a tracking URI points to, without secrets."""
    return public(uri) if is_server(uri) else masked(uri, uri)


def connect(uri: str) -> MlflowClient:
    """Return MLflow's client for ``uri``.

    Raises:
        TrackingError: Nobody answers within a few seconds, or MLflow does not understand the URI.
    """
    try:
        from mlflow import MlflowClient

        _check_reachable(uri)
        if is_server(uri):
            _ask_once()
        with warnings.catch_warnings(action="ignore"):  # MLflow meets deprecations of newer SQLAlchemys
            return MlflowClient(tracking_uri=uri)
    except Exception as error:  # noqa: BLE001 - each database driver raises its own
        message = (
            f"cannot use {uri} for tracking: {briefly(error)}\nIt must be a running MLflow server "
            "(http://host:5000) or a database (sqlite:///path/mlflow.db, postgresql://user@host/name). "
            "Leave it out for a database in the project directory."
        )
        raise TrackingError(masked(message, uri)) from None  # the cause may hold the password


def briefly(error: Exception) -> str:
    """Return what SQLite says, without the statement, its values and a link; anything else as it is."""
    said = _OF_SQLITE.search(str(error))
    return said.group(1) if said else str(error)


def _ask_once() -> None:
    """Leave it to `Outage` to ask again: MLflow would for minutes, in which nobody can call it off."""
    os.environ.setdefault(_RETRIES, "1")  # whoever sets it knows why
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)  # it tells each try


def _check_reachable(uri: str) -> None:
    """Raise whatever the network or the driver raises when nobody answers within a few seconds.

    A server is asked the way MLflow asks, so that its certificates, credentials and proxies apply.
    """
    if is_server(uri):
        from mlflow.utils.credentials import get_default_host_creds
        from mlflow.utils.rest_utils import http_request

        http_request(get_default_host_creds(uri), "/health", "GET", max_retries=0, timeout=_PATIENCE)
    elif scheme(uri) in DATABASES:
        _check_database(uri)


def _check_database(uri: str) -> None:
    from mlflow.store.db.utils import create_sqlalchemy_engine

    parts = urlsplit(uri)
    if parts.hostname:
        port = parts.port or DATABASES[scheme(uri)]
        socket.create_connection((parts.hostname, port), timeout=_PATIENCE).close()
    engine = create_sqlalchemy_engine(uri)
    try:
        engine.connect().close()
    finally:
        engine.dispose()
