"""What everybody asks of MLflow: all pages of an answer, and errors without secrets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.exceptions import MlflowException

from kdorch.disk import advice
from kdorch.errors import TrackingError
from kdorch.tracking.address import briefly, masked
from kdorch.tracking.outage import may_pass

_PAGE = 1000  # runs in one answer


def all_runs(client: MlflowClient, experiments: Sequence[str], wanted: str = "") -> Iterator[Run]:
    """Yield the runs of experiments, the first one first; none of no experiments.

    Args:
        client: Of the store.
        experiments: Their ids.
        wanted: A filter as MLflow writes it.
    """
    token, order = None, ["attributes.start_time ASC"]
    while experiments:
        page = client.search_runs(experiments, wanted, max_results=_PAGE, order_by=order, page_token=token)
        yield from page
        token = page.token
        if not token:
            return


@contextmanager
def explained(uri: str, what: str) -> Iterator[None]:
    """Turn what MLflow and the network raise into a ``TrackingError`` without secrets.

    Args:
        uri: Where MLflow is.
        what: What became of it there, as in ``refused``.
    """
    try:
        yield
    except (MlflowException, OSError) as error:
        message = masked(f"MLflow at {uri} {what}: {briefly(error)}", uri)
        if may_pass(error):
            message += "\nOnce it answers, run the same command again: nothing that is complete is lost."
        elif todo := advice(str(error)):
            message += f". {todo}"
        raise TrackingError(message) from None  # the cause may hold the password
