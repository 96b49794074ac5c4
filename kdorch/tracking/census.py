"""How many runs MLflow shows as finished, to be compared with the record."""

from __future__ import annotations

from mlflow.exceptions import MlflowException

from kdorch.errors import TrackingError
from kdorch.tracking.address import connect, masked

_PAGE = 1000  # runs in one answer
_TRAININGS = {"trial", "confirm", "baseline"}  # kinds of run that stand for a trial in Optuna


def experiments(uri: str) -> int:
    """Return how many experiments there are.

    Raises:
        TrackingError: If nobody answers, or the database is none.
    """
    client = connect(uri)
    try:
        return len(client.search_experiments())
    except (MlflowException, OSError) as error:
        raise TrackingError(masked(f"MLflow at {uri} cannot be read: {error}", uri)) from None


def finished(uri: str, identity: str) -> int:
    """Return how many trainings of a study are finished.

    Args:
        uri: The tracking server or database.
        identity: Of the study.

    Raises:
        TrackingError: If MLflow refuses.
    """
    client = connect(uri)
    mine = f"tags.`kdorch.identity` = '{identity}'"
    count, token = 0, None
    try:
        pages = [each.experiment_id for each in client.search_experiments(filter_string=mine)]
        while pages:
            wanted = f"{mine} AND attributes.status = 'FINISHED'"
            page = client.search_runs(pages, filter_string=wanted, max_results=_PAGE, page_token=token)
            count += sum(run.data.tags.get("kdorch.kind") in _TRAININGS for run in page)
            token = page.token
            if not token:
                break
    except (MlflowException, OSError) as error:
        raise TrackingError(masked(f"MLflow at {uri} cannot be read: {error}", uri)) from None
    return count
