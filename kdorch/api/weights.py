"""The weights of a training, as MLflow keeps them."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from kdorch.errors import TrackingError

if TYPE_CHECKING:
    from torch import Tensor

    from kdorch.api.results import Results


def where_runs_are(results: Results) -> str:
    """Return the URI of the store with the runs of a study.

    Raises:
        TrackingError: If they are elsewhere, or gone.
    """
    from kdorch.api import tracking_uri
    from kdorch.search.logbook import same_place
    from kdorch.tracking.database import local_uri

    uri = tracking_uri(results.home.path)
    same_place(results.name, results.record["tracking"], uri)
    database = results.home.path / "mlflow.db"
    if uri is None and not database.exists():  # local_uri would make one, without runs
        raise TrackingError(f"{database} is gone, and with it the runs with the weights. Bring it back.")
    return uri or local_uri(results.home.path)


def fetch(run_id: str, digest: str, uri: str) -> dict[str, Tensor]:
    """Fetch a run's weights and make sure that they are the ones that were measured.

    Args:
        run_id: The run.
        digest: SHA-256 of the file that was measured.
        uri: Where the run is.

    Raises:
        TrackingError: If nobody answers there, the weights are gone, or they are others.
    """
    from safetensors.torch import load

    return load(fetch_file(run_id, digest, uri))  # type: ignore[no-any-return]


def fetch_file(run_id: str, digest: str, uri: str) -> bytes:
    """Fetch the file with a run's weights; arguments and errors as of `fetch`."""
    content = _download(run_id, uri)
    if sha256(content).hexdigest() != digest:
        raise TrackingError(
            f"The weights of run {run_id} are not those that were measured: their digest differs."
        )
    return content


def _download(run_id: str, uri: str) -> bytes:
    from kdorch.errors import reason
    from kdorch.tracking.address import connect, masked

    client = connect(uri)
    try:
        with TemporaryDirectory() as folder:
            return Path(client.download_artifacts(run_id, "student.safetensors", folder)).read_bytes()
    except Exception as error:  # noqa: BLE001  every store of artifacts raises its own
        message = (
            f"The weights of run {run_id} cannot be fetched from MLflow: {reason(error).rstrip('.')}. "
            "Bring them back to where they were; MLflow knows files by their absolute paths."
        )
        raise TrackingError(masked(message, uri)) from None  # the cause may hold a password
