"""The weights of a training, as MLflow keeps them."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from kdorch.errors import PromotionError

if TYPE_CHECKING:
    from torch import Tensor


def fetch(run_id: str, digest: str, uri: str) -> dict[str, Tensor]:
    """Fetch a run's weights and make sure that they are the ones that were measured.

    Args:
        run_id: The run.
        digest: SHA-256 of the file that was measured.
        uri: Where the run is.

    Raises:
        TrackingError: If nobody answers there.
        PromotionError: If the weights are gone, or are others.
    """
    from safetensors.torch import load

    content = _download(run_id, uri)
    if sha256(content).hexdigest() != digest:
        raise PromotionError(
            f"The weights of run {run_id} are not those that were measured: their digest differs."
        )
    return load(content)  # type: ignore[no-any-return]


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
        raise PromotionError(masked(message, uri)) from None  # the cause may hold a password
